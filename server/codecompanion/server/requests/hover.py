"""`textDocument/hover`: who wrote a line, and why that model, when an agent did; nothing over other lines."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


async def handle(session: "Session", params: "types.HoverParams") -> dict[str, Any] | None:
    """Answer from the log, read beside all else; None where no agent wrote the line."""
    document = session.documents.get(params.text_document.uri)
    line = params.position.line
    if document is None or line >= len(document.lines):
        return None
    found = await session.authors.origin(document, line)
    if found is None:
        return None
    from codecompanion.server.provenance.telling import hover  # noqa: PLC0415 - with what it tells of

    why = await session.authors.why_chosen(document, found[0])
    whole = {"start": {"line": line, "character": 0}, "end": {"line": line + 1, "character": 0}}
    return {"contents": {"kind": "markdown", "value": hover(*found, why)}, "range": whole}
