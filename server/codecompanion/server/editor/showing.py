"""Asking the editor to show a document to the person."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codecompanion.server.session import Session

SHOW_WITHIN = 5.0
"""Seconds an editor may take to show a document before the person is told where it is."""


async def show_document(session: "Session", uri: str) -> bool:
    """Return whether the editor shows a document now; who asked tells the person its path where it does not."""
    if not session.server.client.show_document:
        return False
    params = {"uri": uri, "takeFocus": True}
    try:
        answer = await session.server.request("window/showDocument", params, timeout=SHOW_WITHIN)
    except Exception:  # noqa: BLE001 - the edge to the client: whatever it answers, the path is told instead
        return False
    return isinstance(answer, dict) and answer.get("success") is True
