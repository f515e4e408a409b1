"""`initialized`: the editor can be asked now; take its settings."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codecompanion.server.session import Session


async def handle(session: "Session", params: Any) -> None:
    """Read the settings, if anything is set."""
    await session.settings.start()
