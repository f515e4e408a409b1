"""`orchestra.runsReplay`: a run as it was at one of its events, or at a time."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = (*runs_shared.TAKES, "to", "full")
BARE = runs_shared.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with plan, tasks, conversations and documents; calls no model and changes nothing."""
    answers = await runs_shared.late("answers")
    async with runs_shared.reader(session, arguments) as reader:
        seen = await reader.replayed(await reader.pick(arguments.run_id), arguments.to)
    full = bool(arguments.full)
    found: dict[str, Any] = answers.moment(seen, full=full, texts=full).to_wire()
    return found
