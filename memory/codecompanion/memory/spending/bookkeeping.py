"""The ledger's rules, in SQL: each function is one part of a write transaction that the caller holds."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from codecompanion.contracts.rests import Rest
from codecompanion.contracts.spending import Charge, Claim, CostLine, Payer, Shortfall, Standing
from codecompanion.memory.sqlite import sqlite3

IsAlive = Callable[[str], bool]
"""Whether the process that owns a reservation still runs, by the owner's name."""


class Writer(NamedTuple):
    """Who writes, and when, in seconds since the epoch."""

    owner: str
    now: float


KEPT_SECONDS = 400 * 86_400.0
"""How long single calls are kept: a year's statement and a bit; the accounts' sums stay for good."""

_OPEN = (
    "INSERT OR IGNORE INTO calls (call_id, state, owner, until, at, accounts, run_id, task_id, role, provider, "
    "model, reserved) VALUES (?, 'reserved', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_BOOK = (
    "INSERT INTO accounts (name, spent, reserved) VALUES (:name, max(:spent, 0), max(:reserved, 0)) "
    "ON CONFLICT (name) DO UPDATE SET spent = spent + :spent, reserved = reserved + :reserved"
)
_CHARGE = (
    "UPDATE calls SET state = 'settled', spent = ?, sure = ?, input_tokens = ?, output_tokens = ?, "
    "cached_tokens = ? WHERE call_id = ?"
)
_SUMS = (
    "count(*), sum(spent), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(NOT sure), "
    "sum(CASE WHEN sure THEN 0 ELSE spent END)"
)
_REST = (
    "INSERT INTO rests (name, since, seconds) VALUES (:name, :since, :seconds) ON CONFLICT (name) DO UPDATE "
    "SET since = :since, seconds = :seconds WHERE since + seconds < :since + :seconds OR since > :since"
)
_CHARGED = "state IN ('settled', 'lost')"


def reserve(connection: sqlite3.Connection, claim: Claim, writer: Writer) -> int | Shortfall:
    """Set money aside in every account of the claim, or in none."""
    known = connection.execute(
        "SELECT reserved FROM calls WHERE call_id = ?", (claim.payer.call_id,)
    ).fetchone()
    if known is not None:
        return int(known[0])
    granted = claim.wanted
    for allowance in claim.allowances:
        if allowance.limit is None:
            continue
        at = standing(connection, allowance.account)
        left = allowance.limit - at.spent - at.reserved
        if left < claim.least:
            return Shortfall(limit=allowance.limit, **at.model_dump(by_alias=False))
        granted = min(granted, left)
    accounts = [allowance.account for allowance in claim.allowances]
    _open(connection, claim.payer, accounts, writer, (claim.until, granted))
    _book(connection, accounts, reserved=granted)
    return granted


def settle(connection: sqlite3.Connection, call_id: str, charge: Charge) -> list[Standing]:
    """Put what a call cost in the place of what was set aside, or of what it was taken to have cost."""
    row = connection.execute(
        "SELECT state, reserved, spent, accounts FROM calls WHERE call_id = ?", (call_id,)
    ).fetchone()
    if row is None:
        return []
    state, reserved, spent, accounts = row[0], row[1], row[2], json.loads(row[3])
    if state in ("reserved", "lost"):
        freed, charged = (reserved, 0) if state == "reserved" else (0, spent)
        _book(connection, accounts, spent=charge.micros - charged, reserved=-freed)
        tokens = (charge.input_tokens, charge.output_tokens, charge.cached_tokens)
        connection.execute(_CHARGE, (charge.micros, charge.sure, *tokens, call_id))
    return [standing(connection, account) for account in accounts]


def lower(connection: sqlite3.Connection, call_id: str, micros: int) -> None:
    """Set less aside for a call under way."""
    row = connection.execute(
        "SELECT reserved, accounts FROM calls WHERE call_id = ? AND state = 'reserved'", (call_id,)
    ).fetchone()
    if row is not None and row[0] > micros:
        connection.execute("UPDATE calls SET reserved = ? WHERE call_id = ?", (micros, call_id))
        _book(connection, json.loads(row[1]), reserved=micros - row[0])


def release(connection: sqlite3.Connection, call_id: str) -> None:
    """Free what was set aside for a call, or charged for one that was taken for lost."""
    settle(connection, call_id, Charge(micros=0))
    connection.execute("UPDATE calls SET state = 'released' WHERE call_id = ? AND spent = 0", (call_id,))


def record(
    connection: sqlite3.Connection, payer: Payer, accounts: Sequence[str], charge: Charge, writer: Writer
) -> list[Standing]:
    """Charge a call for which nothing was set aside."""
    _open(connection, payer, accounts, writer, (writer.now, 0))
    return settle(connection, payer.call_id, charge)


def charge_lost(connection: sqlite3.Connection, is_alive: IsAlive, now: float) -> int:
    """Charge, whole, what was set aside by dead owners or for too long; return how many calls that were.

    What is charged is the most such a call can have cost, so that no clock that jumps and no crash can let more
    be spent than a budget allows.
    """
    rows = connection.execute(
        "SELECT call_id, owner, until, reserved, accounts FROM calls WHERE state = 'reserved'"
    ).fetchall()
    alive = {owner: is_alive(owner) for owner in {row[1] for row in rows}}
    lost = [row for row in rows if row[2] < now or not alive[row[1]]]
    for call_id, _, _, reserved, accounts in lost:
        _book(connection, json.loads(accounts), spent=reserved, reserved=-reserved)
        connection.execute(
            "UPDATE calls SET state = 'lost', spent = reserved, sure = 0 WHERE call_id = ?", (call_id,)
        )
    return len(lost)


def forget_old(connection: sqlite3.Connection, now: float) -> None:
    """Remove single calls of long ago, and rests that are over; the sums of the accounts stay."""
    connection.execute("DELETE FROM calls WHERE state != 'reserved' AND at < ?", (now - KEPT_SECONDS,))
    connection.execute("DELETE FROM rests WHERE since + seconds < ?", (now,))


def note_rest(connection: sqlite3.Connection, rest: Rest) -> None:
    """Write down who is left alone; a longer rest stays, one from a clock that was ahead does not."""
    connection.execute(_REST, rest.model_dump(by_alias=False))


def rests(connection: sqlite3.Connection) -> list[Rest]:
    """Return who is left alone, also those whose rest is over."""
    rows = connection.execute("SELECT name, since, seconds FROM rests")
    return [Rest(name=name, since=since, seconds=seconds) for name, since, seconds in rows]


def standing(connection: sqlite3.Connection, account: str) -> Standing:
    """Return an account's sums, zero for one that nothing was ever charged to."""
    row = connection.execute("SELECT spent, reserved FROM accounts WHERE name = ?", (account,)).fetchone()
    spent, reserved = row or (0, 0)
    return Standing(account=account, spent=spent, reserved=reserved)


def standings(connection: sqlite3.Connection, prefix: str) -> list[Standing]:
    """Return the accounts whose name begins so."""
    rows = connection.execute(
        "SELECT name, spent, reserved FROM accounts WHERE substr(name, 1, ?) = ? ORDER BY name",
        (len(prefix), prefix),
    )
    return [Standing(account=name, spent=spent, reserved=reserved) for name, spent, reserved in rows]


def costs(connection: sqlite3.Connection, run_id: str | None, since: float) -> list[CostLine]:
    """Return the statement of one run by task, or of all runs since a time by role and model."""
    if run_id is not None:
        rows = connection.execute(
            f"SELECT task_id, role, provider, model, {_SUMS} FROM calls WHERE {_CHARGED} AND run_id = ? "
            "GROUP BY 1, 2, 3, 4 ORDER BY min(at), 1, 2, 3, 4",
            (run_id,),
        )
    else:
        rows = connection.execute(
            f"SELECT '', role, provider, model, {_SUMS} FROM calls WHERE {_CHARGED} AND at >= ? "
            "GROUP BY 2, 3, 4 ORDER BY 6 DESC, 2, 3, 4",
            (since,),
        )
    return [CostLine(**dict(zip(CostLine.model_fields, row, strict=True))) for row in rows]


def _open(
    connection: sqlite3.Connection,
    payer: Payer,
    accounts: Sequence[str],
    writer: Writer,
    until_and_reserved: tuple[float, int],
) -> None:
    until, reserved = until_and_reserved
    whose = (payer.run_id, payer.task_id, payer.role, payer.provider, payer.model)
    listed = json.dumps(list(accounts), ensure_ascii=False)
    connection.execute(_OPEN, (payer.call_id, writer.owner, until, writer.now, listed, *whose, reserved))


def _book(
    connection: sqlite3.Connection, accounts: Iterable[str], *, spent: int = 0, reserved: int = 0
) -> None:
    for account in accounts:
        connection.execute(_BOOK, {"name": account, "spent": spent, "reserved": reserved})
