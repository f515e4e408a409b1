"""Asking the person at an editor whether a run may cost what it can cost at most."""

from typing import TYPE_CHECKING

from codecompanion.contracts.ids import RunId
from codecompanion.contracts.orders import RunOrder
from codecompanion.server.costs import GO_ON, STOP, demand_agreement
from codecompanion.server.editor.current_gateway import CurrentGateway
from codecompanion.server.plans.asking import choice

if TYPE_CHECKING:
    from codecompanion.server.session import Session

_HOW = "Give the command again and agree, or raise budget.tellAbove in your own orchestra.toml."


async def agree_in_editor(session: "Session", gateway: CurrentGateway, run_id: RunId, order: RunOrder) -> None:
    """Return once the person agrees, or need not be asked; raises ``NotAgreed``, also where nobody answers."""

    async def ask(question: str) -> bool | None:
        said = await choice(session, f"Orchestra: {question}", (GO_ON, STOP), silent_too=True)
        return None if said is None else said == GO_ON

    if bound := await gateway.bound_of_run(order):
        await demand_agreement(bound, ask, _HOW)
        gateway.keep_quiet(run_id)
