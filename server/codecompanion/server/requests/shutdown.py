"""`shutdown`: stop everything where it is; what was under way can be taken up again."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codecompanion.server.session import Session


async def handle(session: "Session", params: Any) -> None:
    """Close the session; also called when the editor goes without a word."""
    await session.close()
