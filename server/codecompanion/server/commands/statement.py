"""`orchestra.statement`: what a run has cost, by agent, model and task."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = runs_shared.TAKES, runs_shared.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with the statement of the run meant, by default of the newest one, and tell it in words."""
    from codecompanion.server.statements import RunStatement, statement_of_run, told  # noqa: PLC0415

    async with runs_shared.reader(session, arguments) as reader:
        run_id = await reader.pick(arguments.run_id)
    shared = await session.workspaces.demand_shared()
    statement = await statement_of_run(await shared.ledger(), run_id)
    answer = RunStatement(**statement.model_dump(by_alias=False), text="\n".join(told(statement)))
    found: dict[str, Any] = answer.to_wire()
    return found
