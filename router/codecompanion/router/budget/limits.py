"""Which budgets there are, and which accounts a call is charged to.

An account's first word is its kind: ``run R``, ``day D``, ``month M``, ``provider P M``, ``workspace M PATH``.
Days and months are those of the calendar where the person is.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from pydantic import Field

from codecompanion.contracts.base import Contract
from codecompanion.contracts.spending import Allowance, Micros
from codecompanion.router.budget.money import in_dollars

_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "call": "budget.call",
        "run": "budget.run",
        "day": "budget.day",
        "month": "budget.month",
        "workspace": "budget.workspace",
    }
)
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "call": "one call",
        "run": "one run",
        "day": "a day",
        "month": "a month",
        "workspace": "a folder and month",
    }
)


class Budgets(Contract):
    """What may be spent at most, in micro-dollars; None where there is no bound.

    ``workspace`` and ``providers`` are by the month. With ``soft`` nothing is refused: it is warned only. A run
    that may cost more than ``tell_above`` is told of before its first call.
    """

    call: Micros | None = None
    run: Micros | None = None
    day: Micros | None = None
    month: Micros | None = None
    workspace: Micros | None = None
    providers: dict[str, Micros] = Field(default_factory=dict)
    soft: bool = False
    tell_above: Micros | None = None

    @property
    def any(self) -> bool:
        """Whether there is any bound."""
        bounds = (self.call, self.run, self.day, self.month, self.workspace, *self.providers.values())
        return any(bound is not None for bound in bounds)

    @property
    def hard(self) -> bool:
        """Whether a call may be refused."""
        return self.any and not self.soft


class Spender(NamedTuple):
    """Who spends where: a run ("" outside of any), a workspace's path, a provider, on a day."""

    run_id: str
    workspace: str
    provider: str
    day: date


def allowances(budgets: Budgets, spender: Spender) -> tuple[Allowance, ...]:
    """Return all accounts that a call is charged to, with their bounds, hard or soft."""
    return tuple(Allowance(account=name, limit=limit) for name, limit in bounds(budgets, spender).items())


def bounds(budgets: Budgets, spender: Spender) -> dict[str, int | None]:
    """Return the same as a plain mapping, for those in a hurry."""
    month = f"{spender.day:%Y-%m}"
    found = {
        f"run {spender.run_id}" if spender.run_id else "": budgets.run,
        f"day {spender.day}": budgets.day,
        f"month {month}": budgets.month,
        provider_account(spender.provider, spender.day): budgets.providers.get(spender.provider),
        f"workspace {month} {spender.workspace}" if spender.workspace else "": budgets.workspace,
    }
    found.pop("", None)
    return found


def provider_account(provider: str, day: date) -> str:
    """Return the account of what a provider is paid in the month of a day."""
    return f"provider {provider} {day:%Y-%m}"


def provider_bounds(budgets: Budgets, day: date) -> dict[str, int]:
    """Return the accounts of all providers with a budget, with their bounds."""
    return {provider_account(name, day): limit for name, limit in budgets.providers.items()}


def shares_gone(now: datetime, progress: float | None) -> dict[str, float]:
    """Return which share of its time has gone by for each kind of account that is paced."""
    day = (now.hour * 3600 + now.minute * 60 + now.second) / 86_400
    month = (now.day - 1 + day) / monthrange(now.year, now.month)[1]
    known = {"day": day, "month": month, "workspace": month}
    return known if progress is None else {**known, "run": progress}


def limit_of(budgets: Budgets, account: str) -> int | None:
    """Return the bound of an account by its name; None where it has none."""
    kind, _, rest = account.partition(" ")
    if kind == "provider":
        return budgets.providers.get(rest.partition(" ")[0])
    bound: int | None = getattr(budgets, kind)
    return bound


def accounts_with_bounds(budgets: Budgets, day: date, known: Iterable[str]) -> list[str]:
    """Return the accounts of a day and its month that are known or bounded, but for those of single runs."""
    month = f"{day:%Y-%m}"
    bounded = [
        f"day {day}",
        f"month {month}",
        *sorted(provider_bounds(budgets, day)),
    ]
    of_month = [
        name
        for name in known
        if name.startswith(f"workspace {month} ")
        or (name.startswith("provider ") and name.endswith(f" {month}"))
    ]
    return list(dict.fromkeys([*bounded, *of_month]))


def setting_of(account: str) -> str:
    """Return the name of the setting that bounds an account."""
    kind, _, rest = account.partition(" ")
    return f"providerBudgets.{rest.partition(' ')[0]}" if kind == "provider" else _SETTINGS[kind]


def most_of_run(budgets: Budgets, spender: Spender, spent: Mapping[str, int]) -> int | None:
    """Return what a run can cost at most from here on, None where no hard budget bounds it."""
    if budgets.soft:
        return None
    # a run that has not begun has no account yet
    named = spender if spender.run_id else spender._replace(run_id="to be")
    left = (
        max(0, limit - spent.get(account, 0))
        for account, limit in bounds(budgets, named).items()
        if limit is not None and not account.startswith("provider ")
    )
    return min(left, default=None)


def budget_words(account: str, limit: int) -> str:
    """Return how a budget is named in a sentence: ``the budget of $5.00 for a day (budget.day)``."""
    kind, _, rest = account.partition(" ")
    what = f"{rest.partition(' ')[0]} and a month" if kind == "provider" else _WORDS[kind]
    return f"the budget of {in_dollars(limit)} for {what} ({setting_of(account)})"
