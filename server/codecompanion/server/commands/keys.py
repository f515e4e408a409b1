"""`orchestra.keys`: which providers are set up and whether their keys were accepted; never a key."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("check",)
BARE = ""


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with one entry a provider; ``check`` asks each configured one, cheaply, over the network."""
    shared = await session.workspaces.demand_shared()
    states = await shared.gateway.check() if arguments.check else shared.gateway.states()
    return {"providers": [state.to_wire() for state in states]}
