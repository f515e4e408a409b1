"""`orchestra.instruct`: tell the agent of a task that has not begun something more."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = (*steering.TAKES, "task_id", "text"), ""


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Record the words; they become part of what the agent is told when its task begins."""
    if arguments.task_id is None or arguments.text is None:
        raise RequestFailed('say whom and what, such as {"taskId": "tests", "text": "use plain asserts"}')
    meant = await steering.meant(session, arguments, lambda run: True, "is active")
    await meant.take_open_plan(session)
    await meant.engine.instruct(meant.run_id, arguments.task_id, arguments.text)
    if meant.live is not None:
        await session.plans.rewrite(meant.live)
    return meant.told(session, f"{arguments.task_id} is told more")
