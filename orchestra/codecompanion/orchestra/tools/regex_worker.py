"""Searches texts for a regular expression; run as a program of its own, so that it can be killed.

Python's ``re`` holds the interpreter while it backtracks, so no thread can stop it and a bad pattern would
freeze the server. Reads JSON lines: ``[pattern, limit]``, then ``[path, text]`` for each file. Writes JSON
lines: ``[path, line number, excerpt]`` for each hit, or ``{"error": reason}`` for a bad pattern.
"""

import json
import re
import sys

_BEFORE = 80
_EXCERPT = 240


def excerpt(line: str, column: int) -> str:
    """Return the line, or of a very long one the part round ``column``."""
    if len(line) <= _EXCERPT:
        return line
    start = max(0, min(column - _BEFORE, len(line) - _EXCERPT))
    end = start + _EXCERPT
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def main() -> None:
    """Serve one search."""
    pattern, left = json.loads(sys.stdin.readline())
    try:
        search = re.compile(pattern).search
    except (re.error, OverflowError, RecursionError) as error:
        print(json.dumps({"error": str(error)}), flush=True)  # noqa: T201
        return
    for message in sys.stdin:
        path, text = json.loads(message)
        for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
            found = search(line)
            if found is None:
                continue
            print(json.dumps([path, number, excerpt(line, found.start())]), flush=True)  # noqa: T201
            left -= 1
            if left == 0:
                return


if __name__ == "__main__":
    main()
