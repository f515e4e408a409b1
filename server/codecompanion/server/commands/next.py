"""`orchestra.next`: in a run that goes step by step, let one more agent go."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("run_id", "instruction"), steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Grant a step to the run meant, by default the most recent one that goes step by step.

    One that an earlier session left open goes on; an agent that was interrupted needs no other step.
    """
    meant = await steering.meant(
        session,
        arguments,
        lambda run: run.mode == "stepwise",
        'goes step by step; start one with {"step": true}',
    )
    await meant.take_open_plan(session)
    if meant.live is not None or meant.phase == "waiting":
        await meant.engine.next(meant.run_id, arguments.instruction or "")
    if meant.live is None:
        await meant.go_on(session)
    return meant.told(session, "one more agent may go")
