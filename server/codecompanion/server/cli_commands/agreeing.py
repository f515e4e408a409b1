"""Asking on the terminal, before a run, whether it may cost what it can cost at most."""

import os
import sys

from codecompanion.contracts.orders import RunOrder
from codecompanion.server.logs import redactor
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.redaction import plain

STDIN = 0
_HOW = "Run this in a terminal, or with --yes, or raise budget.tellAbove."


async def agree_on_terminal(settings: Settings, order: RunOrder) -> None:
    """Return once the person agrees, or need not be asked; raises ``NotAgreed``, also where nobody is there."""
    if settings.budget.tell_above is None:
        return
    # all clients hang on it
    from codecompanion.server.costs import bound_of_run, demand_agreement  # noqa: PLC0415

    if bound := await bound_of_run(settings, order):
        await demand_agreement(bound, _ask, _HOW)


def agreed(settings: Settings) -> Settings:
    """Return the settings for a run that was agreed to: nobody is told again what it may cost."""
    return settings.model_copy(update={"budget": settings.budget.model_copy(update={"tell_above": None})})


async def _ask(question: str) -> bool | None:
    if not os.isatty(STDIN):
        return None
    sys.stderr.write(f"{plain(redactor(question))} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return answer.strip().lower() in ("y", "yes") if answer else None
