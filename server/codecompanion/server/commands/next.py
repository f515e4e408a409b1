"""`orchestra.next`: in a run that goes step by step, let one more agent go."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.live_runs import LiveRun

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Grant a step to the run meant, by default the most recent one that goes step by step."""
    meant = session.runs.pick(
        arguments.run_id, _goes_stepwise, 'goes step by step; start one with {"step": true}'
    )
    await steering.loaded_engine(meant).next(meant.run_id)
    return steering.steered(meant, session.runs, "one more agent may go")


def _goes_stepwise(run: LiveRun) -> bool:
    return run.stepwise
