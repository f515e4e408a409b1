"""`orchestra.runsDiff`: how two runs differ: files, plan, tests, models, cost and time."""

import asyncio
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = (*runs_shared.TAKES, "other")
BARE = ""


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with all measures and the files' differences; by default of the last two runs."""
    answers = await runs_shared.late("answers")
    async with runs_shared.reader(session, arguments) as reader:
        one = await (reader.pick(arguments.run_id) if arguments.run_id else reader.last_but_one())
        other = await reader.pick(arguments.other)
        seen = (await reader.replayed(one), await reader.replayed(other))
    compared = await asyncio.to_thread(answers.compared, *seen)
    found: dict[str, Any] = compared.to_wire()
    return found
