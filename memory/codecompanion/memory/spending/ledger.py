"""The spending ledger in an SQLite file that all of a person's processes use at the same time."""

import asyncio
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.rests import Rest
from codecompanion.contracts.spending import Charge, Claim, CostLine, Payer, Shortfall, SpendLedger, Standing
from codecompanion.memory import engine
from codecompanion.memory.group_commit import GroupCommit
from codecompanion.memory.owner_lock import OwnerLock, is_held
from codecompanion.memory.schema import Migration, migrate, migrations_in, require_ours
from codecompanion.memory.spending import bookkeeping
from codecompanion.memory.sqlite import sqlite3

LEDGER_NAME: Final = "spending.db"
_OWNERS: Final = "spending-owners"

_Job = Callable[[sqlite3.Connection], Any]


class SqliteLedger(SpendLedger):
    """A ``SpendLedger`` in a folder; every process that writes holds a lock of its own there while it lives.

    What is asked for at the same time is committed together. Used from one event loop.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, owner: str, lock: OwnerLock, clock: Clock):
        self._path = path
        self._connection = connection
        self._owner = owner
        self._lock = lock
        self._clock = clock
        self._jobs: GroupCommit[_Job, Any] = GroupCommit(self._commit)
        self._reader: sqlite3.Connection | None = None

    @classmethod
    def open(cls, folder: Path, clock: Clock) -> Self:
        """Open, or begin, the ledger in ``folder``; blocks. Raises ``OrchestraError``, in plain words."""
        owner = f"{os.getpid()}-{secrets.token_hex(6)}"
        try:
            (folder / _OWNERS).mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise WorkspaceError(
                f"{folder} cannot be made for the spending ledger: {error.strerror}"
            ) from error
        lock = OwnerLock.take(folder / _OWNERS / owner)
        try:
            ledger = cls(folder / LEDGER_NAME, _sound(folder / LEDGER_NAME), owner, lock, clock)
        except BaseException:
            lock.release()
            raise
        ledger._commit([ledger._tidy])
        return ledger

    async def reserve(self, claim: Claim) -> int | Shortfall:
        """As ``SpendLedger.reserve``."""
        answer: int | Shortfall = await self._jobs.submit(lambda at: self._reserve(at, claim))
        return answer

    async def settle(self, call_id: str, charge: Charge) -> list[Standing]:
        """As ``SpendLedger.settle``."""
        known: list[Standing] = await self._jobs.submit(lambda at: bookkeeping.settle(at, call_id, charge))
        return known

    async def lower(self, call_id: str, micros: int) -> None:
        """As ``SpendLedger.lower``."""
        await self._jobs.submit(lambda at: bookkeeping.lower(at, call_id, micros))

    async def release(self, call_id: str) -> None:
        """As ``SpendLedger.release``."""
        await self._jobs.submit(lambda at: bookkeeping.release(at, call_id))

    async def record(self, payer: Payer, accounts: Sequence[str], charge: Charge) -> list[Standing]:
        """As ``SpendLedger.record``."""
        known: list[Standing] = await self._jobs.submit(
            lambda at: bookkeeping.record(at, payer, accounts, charge, self._writer())
        )
        return known

    async def standings(self, prefix: str = "") -> list[Standing]:
        """As ``SpendLedger.standings``; what dead processes left behind is charged first."""
        known: list[Standing] = await self._jobs.submit(lambda at: self._standings(at, prefix))
        return known

    async def costs(self, run_id: str | None = None, since: float = 0.0) -> list[CostLine]:
        """As ``SpendLedger.costs``."""
        lines: list[CostLine] = await self._jobs.submit(lambda at: bookkeeping.costs(at, run_id, since))
        return lines

    async def note_rest(self, rest: Rest) -> None:
        """As ``RestBoard.note_rest``."""
        await self._jobs.submit(lambda at: bookkeeping.note_rest(at, rest))

    async def rests(self) -> list[Rest]:
        """As ``RestBoard.rests``; reads beside the writers, and waits for none of them."""
        return await asyncio.to_thread(self._read_rests)

    async def close(self) -> None:
        """As ``SpendLedger.close``."""
        await self._jobs.close()
        await asyncio.to_thread(self._let_go)

    def _reserve(self, connection: sqlite3.Connection, claim: Claim) -> int | Shortfall:
        answer = bookkeeping.reserve(connection, claim, self._writer())
        if isinstance(answer, Shortfall) and answer.reserved and self._charge_lost(connection):
            # nobody needs to wait for money that a dead process had set aside
            return bookkeeping.reserve(connection, claim, self._writer())
        return answer

    def _standings(self, connection: sqlite3.Connection, prefix: str) -> list[Standing]:
        self._charge_lost(connection)
        return bookkeeping.standings(connection, prefix)

    def _tidy(self, connection: sqlite3.Connection) -> None:
        self._charge_lost(connection)
        bookkeeping.forget_old(connection, self._clock())

    def _charge_lost(self, connection: sqlite3.Connection) -> int:
        return bookkeeping.charge_lost(connection, self._is_alive, self._clock())

    def _writer(self) -> bookkeeping.Writer:
        return bookkeeping.Writer(self._owner, self._clock())

    def _is_alive(self, owner: str) -> bool:
        return owner == self._owner or is_held(self._path.with_name(_OWNERS) / owner)

    def _commit(self, jobs: Sequence[_Job]) -> list[Any]:
        try:
            with engine.immediate(self._connection):
                return [job(self._connection) for job in jobs]
        except sqlite3.Error as error:
            raise in_plain_words(error, self._path) from error

    def _read_rests(self) -> list[Rest]:
        try:
            if self._reader is None:
                self._reader = engine.connect_reader(self._path)
            return bookkeeping.rests(self._reader)
        except sqlite3.Error as error:
            raise in_plain_words(error, self._path) from error

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._connection.close()
        self._lock.release()
        # nobody else ever takes a lock of this name
        (self._path.with_name(_OWNERS) / self._owner).unlink(missing_ok=True)


def ledger_migrations() -> tuple[Migration, ...]:
    """Return the ledger's own migrations in order."""
    return migrations_in(Path(__file__).parent / "migrations")


def in_plain_words(error: sqlite3.Error, path: Path) -> OrchestraError:
    """Return the exception for a failed use of the ledger; a damaged one is never replaced unasked."""
    if engine.is_damage(error):
        return WorkspaceError(
            f"the spending ledger {path} is damaged ({error}): move it away to begin a new one, in which "
            "nothing counts as spent yet"
        )
    return engine.in_plain_words(error, path)


def _sound(path: Path) -> sqlite3.Connection:
    wal = Path(f"{path}-wal")
    live_wal = wal.exists() and wal.stat().st_size > 0
    try:
        connection = engine.connect(path)
        try:
            require_ours(connection, path, ledger_migrations())
            engine.settle_journal_mode(connection, live_wal=live_wal, version=sqlite3.sqlite_version_info)
            migrate(connection, ledger_migrations(), lambda: None)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise in_plain_words(error, path) from error
    return connection
