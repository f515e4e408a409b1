"""`orchestra.editPlan`: put another plan in the place of a run's, given as the text of its document."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = (*steering.TAKES, "text"), ""


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Take the text in; tasks that have begun must be in it as they are."""
    if arguments.text is None:
        raise RequestFailed("give the plan's whole `text`, as `orchestra.plan` answers it, with your changes")
    meant = await steering.meant(session, arguments, lambda run: True, "is active")
    await meant.engine.edit_plan_text(meant.run_id, arguments.text)
    if meant.live is not None:
        await session.plans.rewrite(meant.live)
    return meant.told(session, "the plan is changed")
