"""The problems other tools found, as far as the editor tells us.

A server is not sent what other servers publish. What a client adds to a code action request, or gives to
`orchestra.fix`, is all there is; it is kept for a document until that document changes.
"""

from collections.abc import Callable, Sequence
from typing import Any

from codecompanion.server.editor.places import relative_to
from codecompanion.server.wire.folders import WorkspaceFolder

MOST_KEPT = 200
LONGEST_MESSAGE = 500


class KnownProblems:
    """Problems by document, each as ``path:line: message``; may be asked from any thread."""

    def __init__(self) -> None:
        self._by_uri: dict[str, dict[str, None]] = {}

    def note(self, uri: str, path: str, diagnostics: Sequence[Any]) -> None:
        """Add what a client says about a document; the newest are kept."""
        known = self._by_uri.get(uri, {})
        merged = {**known, **dict.fromkeys(describe(path, diagnostics))}
        self._by_uri[uri] = dict(list(merged.items())[-MOST_KEPT:])

    def forget(self, uri: str) -> None:
        """Drop what was known of a document: its lines have moved."""
        self._by_uri.pop(uri, None)

    def lookup(self, folder: WorkspaceFolder) -> Callable[[str | None], list[str]]:
        """Return the function that tells the problems of one file of the folder, or of all."""

        def problems(path: str | None) -> list[str]:
            placed = [(relative_to(folder, uri), known) for uri, known in list(self._by_uri.items())]
            return [said for at, known in placed if at is not None and path in (None, at) for said in known]

        return problems


def describe(path: str, diagnostics: Sequence[Any]) -> list[str]:
    """Return LSP diagnostics (raw JSON, or sentences as they are) as ``path:line: message``."""
    return [said for item in diagnostics if (said := _describe(path, item))]


def _describe(path: str, item: Any) -> str:
    if isinstance(item, str):
        return item.strip()[:LONGEST_MESSAGE]
    message = item.get("message")
    # 3.18 allows markup
    text = message.get("value") if isinstance(message, dict) else message
    if not isinstance(text, str) or not text.strip():
        return ""
    line = item.get("range", {}).get("start", {}).get("line", 0)
    source = f" ({item['source']})" if isinstance(item.get("source"), str) else ""
    return f"{path}:{int(line) + 1}: {' '.join(text.split())[:LONGEST_MESSAGE]}{source}"
