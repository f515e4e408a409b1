"""A person's changes to a run's plan: as a plan, or as the text of one."""

from collections.abc import Mapping

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.agents.plan_checks import impossible
from codecompanion.orchestra.plan_document import UnclearPlan, line_about, plan_as_text, plan_from_text
from codecompanion.orchestra.runs.commands import EditPlan
from codecompanion.orchestra.runs.decide import NotNow
from codecompanion.orchestra.runs.log import RunLog
from codecompanion.orchestra.runs.state import RunState


def plan_text(state: RunState) -> str:
    """Return a run's plan as text that a person can change; raises ``NotNow`` while there is none."""
    begun = [name for name, task in state.tasks.items() if task.phase != "waiting"]
    return plan_as_text(_plan(state), state.instructions, begun)


async def edit_plan(
    log: RunLog, plan: Plan, instructions: Mapping[TaskId, tuple[str, ...]] | None = None
) -> None:
    """Put another plan in the place of the run's; raises ``BadRequest``, also for what nobody could do."""
    if trouble := impossible(plan):
        raise BadRequest(trouble)
    await log.handle(EditPlan(plan, instructions))


async def edit_plan_text(log: RunLog, text: str) -> None:
    """Take in a plan's text as a person left it; raises ``UnclearPlan`` with the line and the mend."""
    draft = plan_from_text(text, _plan(log.state))
    try:
        await edit_plan(log, draft.plan, draft.instructions)
    except BadRequest as refused:
        raise UnclearPlan(line_about(str(refused), draft.lines), str(refused)) from refused


def _plan(state: RunState) -> Plan:
    if state.plan is None:
        raise NotNow("there is no plan yet; wait until it is made")
    return state.plan
