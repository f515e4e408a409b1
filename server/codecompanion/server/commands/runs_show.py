"""`orchestra.runsShow`: what happened in a run, a sentence an event."""

import asyncio
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = (*runs_shared.TAKES, "agent", "type", "task", "correlation", "since", "until")
BARE = runs_shared.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with the events that fit; by default of the newest run."""
    answers, filtering = await runs_shared.late("answers"), await runs_shared.late("event_filter")
    async with runs_shared.reader(session, arguments) as reader:
        run_id = await reader.pick(arguments.run_id)
        history = await reader.history(run_id)
    wanted = filtering.filter_for(
        history,
        agent=arguments.agent,
        types=(arguments.type,) if arguments.type else (),
        task=arguments.task,
        correlation=arguments.correlation,
        since=arguments.since,
        until=arguments.until,
    )
    story = await asyncio.to_thread(answers.told, run_id, wanted(history))
    found: dict[str, Any] = story.to_wire()
    return found
