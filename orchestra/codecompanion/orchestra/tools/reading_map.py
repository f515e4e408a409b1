"""What an agent looked at: kept so that a person, or a test, can see on what an answer was founded."""

import json
import re
from typing import Any

from codecompanion.orchestra.tools.arguments import ListFiles, ReadFile, RunTests, SearchText, ToolArguments

# the first lines of what ``Looks`` says; the log holds no more of a look than its call and this text
_LINES_SHOWN = re.compile(r"(.+), lines (\d+)-(\d+) of \d+:")
_LINES_FOUND = re.compile(r"(\d+) lines? found:")


class ReadingMap:
    """The spans read, the searches and listings made, and how often tests ran, in the order of first use.

    It follows from the calls and what they showed alone, so that a resumed run has the same one.
    """

    def __init__(self) -> None:
        self._read: dict[str, list[tuple[int, int]]] = {}
        self._searched: list[dict[str, Any]] = []
        self._listed: list[str] = []
        self._tests_run = 0

    def note(self, asked: ToolArguments, shown: str) -> None:
        """Add a look by its text; ``shown`` is '' when it showed again what it had shown before."""
        match asked:
            case ReadFile() if lines := _LINES_SHOWN.match(shown):
                self._note_lines(lines[1], int(lines[2]), int(lines[3]))
            case SearchText() if shown:
                hits = _LINES_FOUND.match(shown)
                search = {"pattern": asked.pattern, "glob": asked.glob, "hits": int(hits[1]) if hits else 0}
                self._searched.append(search)
            case ListFiles() if shown:
                self._listed.append(asked.glob)
            case RunTests():
                self._tests_run += 1

    def _note_lines(self, path: str, first_line: int, last_line: int) -> None:
        """Add whole lines, counted from 1, both ends included; spans that touch become one."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted([*self._read.get(path, []), (first_line, last_line)]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        self._read[path] = merged

    def to_json(self) -> str:
        """Return ``{"read": {path: [[first, last], …]}, "searched": […], "listed": […], "testsRun": n}``."""
        known = {
            "read": self._read,
            "searched": self._searched,
            "listed": self._listed,
            "testsRun": self._tests_run,
        }
        return json.dumps(known, ensure_ascii=False)
