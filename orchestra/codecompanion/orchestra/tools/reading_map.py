"""What an agent looked at: kept so that a person, or a test, can see on what an answer was founded."""

import json
from typing import Any


class ReadingMap:
    """The spans read, the searches and listings made, and how often tests ran, in the order of first use."""

    def __init__(self) -> None:
        self._read: dict[str, list[tuple[int, int]]] = {}
        self._searched: list[dict[str, Any]] = []
        self._listed: list[str] = []
        self._tests_run = 0

    def note_read(self, path: str, first_line: int, last_line: int) -> None:
        """Add whole lines, counted from 1, both ends included; spans that touch become one."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted([*self._read.get(path, []), (first_line, last_line)]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        self._read[path] = merged

    def note_search(self, pattern: str, glob: str, hits: int) -> None:
        """Add a search and how many lines it showed."""
        self._searched.append({"pattern": pattern, "glob": glob, "hits": hits})

    def note_listing(self, glob: str) -> None:
        """Add a listing of files."""
        self._listed.append(glob)

    def note_tests(self) -> None:
        """Count a run of the tests."""
        self._tests_run += 1

    def to_json(self) -> str:
        """Return ``{"read": {path: [[first, last], …]}, "searched": […], "listed": […], "testsRun": n}``."""
        known = {
            "read": self._read,
            "searched": self._searched,
            "listed": self._listed,
            "testsRun": self._tests_run,
        }
        return json.dumps(known, ensure_ascii=False)
