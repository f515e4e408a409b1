"""`workspace/didChangeConfiguration`: settings were changed; what they are is asked for or comes along."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


async def handle(session: "Session", params: "types.DidChangeConfigurationParams") -> None:
    """Read the settings anew; wrong ones leave the last good ones in force."""
    await session.settings.update(params.settings)
