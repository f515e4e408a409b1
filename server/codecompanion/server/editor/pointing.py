"""What a command's `uri` and `range` point at, as whole lines of the document."""

from typing import Any

from codecompanion.server.editor.places import relative_to
from codecompanion.server.editor.work import Pointing
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.folders import WorkspaceFolder

MOST_TEXT = 60_000
"""Characters of the lines themselves; agents read the rest by their tools."""


def pointing_at(
    folder: WorkspaceFolder, uri: str | None, given: dict[str, Any] | None, document: OpenDocument | None
) -> Pointing | None:
    """Return what is meant, None when the document lies outside the folder or none is named."""
    path = relative_to(folder, uri) if uri is not None else None
    if path is None:
        return None
    if given is None:
        return Pointing(path)
    first, last = selected_lines(given)
    if document is not None:
        last = min(last, len(document.lines) - 1)
        first = min(first, last)
    lines = document.lines[first : last + 1] if document is not None else ()
    return Pointing(path, first + 1, last + 1, "".join(lines)[:MOST_TEXT])


def selected_lines(given: dict[str, Any]) -> tuple[int, int]:
    """Return the first and last line of an LSP range, from 0; a line only touched at its start is out."""
    start, end = sorted((item["line"], item["character"]) for item in (given["start"], given["end"]))
    last = end[0] - 1 if end[1] == 0 and end[0] > start[0] else end[0]
    return start[0], last
