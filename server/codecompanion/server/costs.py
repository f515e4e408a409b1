"""Asking, before a run begins, whether it may cost what it can cost at most."""

import logging
from collections.abc import Awaitable, Callable

from codecompanion.contracts.errors import NotAgreed
from codecompanion.contracts.orders import RunOrder
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import router_config
from codecompanion.server.shared import gateway_of
from codecompanion.server.spending import call_means

log = logging.getLogger(__name__)

GO_ON, STOP = "Go on", "Stop"

AskPerson = Callable[[str], Awaitable[bool | None]]
"""Puts a question to the person; None where nobody has answered, or can be asked."""


async def demand_agreement(bound: str, ask: AskPerson, how: str) -> None:
    """Return once the person agrees to ``bound``, a sentence; raises ``NotAgreed``, which says how to go on."""
    answer = await ask(f"{bound} Shall it begin?")
    if answer is None:
        raise NotAgreed(f"Not begun: nobody was there to agree. {bound} {how}")
    if not answer:
        raise NotAgreed(f"Not begun, as you wish. {bound}")


async def bound_of_run(settings: Settings, order: RunOrder) -> str:
    """Return what is to be agreed to before a run without an editor, "" for nothing."""
    if settings.budget.tell_above is None:
        return ""
    means = call_means(log.warning)
    gateway = gateway_of(router_config(settings), means)
    try:
        return await gateway.bound_of_run(order, by_others=settings.redis_url is not None)
    finally:
        await gateway.close()
        await means.close()
