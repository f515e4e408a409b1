"""What model calls cost: money set aside before a call, what it turned out to be, and the ledger of both.

All amounts are whole micro-dollars: 1,000,000 are one US dollar.
"""

from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import Field

from codecompanion.contracts.base import Contract
from codecompanion.contracts.rests import RestBoard

Micros = Annotated[int, Field(ge=0)]


class Allowance(Contract):
    """An account that a call is charged to, such as ``day 2026-11-29``; ``limit`` None means unbounded."""

    account: str
    limit: Micros | None = None


class Payer(Contract):
    """For whom and to whom a call is paid; ``call_id`` is its own, no other try has it."""

    call_id: str
    run_id: str = ""
    task_id: str = ""
    role: str
    provider: str
    model: str


class Claim(Contract):
    """A wish to set money aside: as much of ``wanted`` as there is, and no less than ``least``.

    ``until`` (seconds since the epoch) is when the money counts as spent if nobody has said otherwise.
    """

    payer: Payer
    allowances: tuple[Allowance, ...]
    wanted: Micros
    least: Micros
    until: float


class Shortfall(Contract):
    """Why nothing was set aside: the first account that has not enough left."""

    account: str
    limit: Micros
    spent: Micros
    reserved: Micros


class Charge(Contract):
    """What a call cost. ``sure`` is False where nobody reported it: then ``micros`` is the most it can be."""

    micros: Micros
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    sure: bool = True


class Standing(Contract):
    """What an account has spent, and what is set aside in it for calls under way."""

    account: str
    spent: Micros
    reserved: Micros


class CostLine(Contract):
    """One line of a statement: calls of one role for one task to one model; ``unsure`` of them went unreported.

    ``unsure_micros`` is the part of ``micros`` that those count for.
    """

    task_id: str
    role: str
    provider: str
    model: str
    calls: int
    micros: Micros
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    unsure: int
    unsure_micros: Micros


class SpendLedger(RestBoard, Protocol):
    """A person's spending, across all their workspaces and processes. What is said is durable on return.

    It is where these processes tell each other, besides, which providers are to be left alone.

    Set-aside money is charged exactly once: by ``settle``, or whole when its owner died or its time is over;
    what is settled after that takes the place of that charge. All methods raise ``OrchestraError`` where the
    ledger cannot be used.
    """

    async def reserve(self, claim: Claim) -> int | Shortfall:
        """Set money aside in all accounts, or in none; return how much. The same call again changes nothing."""
        ...

    async def settle(self, call_id: str, charge: Charge) -> list[Standing]:
        """Charge a call instead of what was set aside, once; return its accounts as they are then."""
        ...

    async def lower(self, call_id: str, micros: int) -> None:
        """Set less aside for a call under way, as it cannot cost more any more; more is never set aside."""
        ...

    async def release(self, call_id: str) -> None:
        """Free what was set aside for a call that surely cost nothing."""
        ...

    async def record(self, payer: Payer, accounts: Sequence[str], charge: Charge) -> list[Standing]:
        """Charge a call for which nothing was set aside, once; return its accounts as they are then."""
        ...

    async def standings(self, prefix: str = "") -> list[Standing]:
        """Return all accounts whose name begins so, by name."""
        ...

    async def costs(self, run_id: str | None = None, since: float = 0.0) -> list[CostLine]:
        """Return what was charged, of one run task by task, or of all since a time without tasks."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the file."""
        ...
