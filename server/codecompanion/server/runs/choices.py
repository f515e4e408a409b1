"""Why models took the tasks of runs: the router's decisions, as answers and in words."""

from collections.abc import Sequence
from pathlib import Path

from codecompanion.contracts.base import Contract
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.server.cli_commands.router_telling import why as told
from codecompanion.server.learning import router_log


class Why(Contract):
    """Why a model took a task; ``outcome`` is what that brought, None while it is not known."""

    decision: RouterDecision
    outcome: BanditObservation | None
    text: str


async def why(data_folder: Path, run_id: str | None, task_id: str | None = None) -> Why:
    """Return the newest decision that fits; raises ``BadRequest`` where there is none."""
    async with router_log(data_folder) as log:
        decision = decision_for(log.decisions, "/".join(filter(None, (run_id, task_id))) or None)
        outcome = outcome_of(decision, log.observations)
    return Why(decision=decision, outcome=outcome, text="\n".join(told(decision, outcome)))


def decision_for(decisions: Sequence[RouterDecision], call: str | None) -> RouterDecision:
    """Return the newest decision for ``RUN`` or ``RUN/TASK``, of all without one; raises ``BadRequest``."""
    found = [one for one in decisions if call is None or _is_for(one, call)]
    if not found:
        newest = ", ".join(one.decision for one in decisions[-5:]) or "none"
        about = f"about {call!r}" if call else "yet"
        raise BadRequest(f"the router has decided nothing {about}; the newest decisions: {newest}")
    return found[-1]


def outcome_of(decision: RouterDecision, outcomes: Sequence[BanditObservation]) -> BanditObservation | None:
    """Return what a decision brought: the first verdict on it, as later ones are of the person alone."""
    return next((one for one in outcomes if one.decision == decision.decision), None)


async def reason(data_folder: Path, run_id: str, task_id: str) -> str:
    """Return in a sentence why a model took a task, "" where nobody decided that."""
    async with router_log(data_folder) as log:
        found = [one for one in log.decisions if (one.run_id, one.task_id) == (run_id, task_id)]
    return found[-1].reason if found else ""


def _is_for(decision: RouterDecision, call: str) -> bool:
    return decision.decision == call or decision.decision.startswith((f"{call}/", f"{call}#"))
