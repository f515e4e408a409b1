"""`orchestra.trust`: trust an open folder, or no longer; for editors that cannot put the question."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("workspace", "remove"), "workspace"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Remember it outside the folder, and answer with how it stands now."""
    folder = session.folder(arguments.workspace, None)
    if arguments.remove:
        await session.trust.withdraw(folder.path)
    else:
        await session.trust.grant(folder.path)
    return {"workspace": folder.path, "trusted": await session.trust.known(folder)}
