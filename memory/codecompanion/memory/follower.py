"""A log that several servers have open: the first owns it, the others look on and wait their turn."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Self, TypeVar

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ports import Clock
from codecompanion.memory.beside import ask_beside
from codecompanion.memory.data_folder import DATABASE_NAME
from codecompanion.memory.database import Database, LogFile, open_database
from codecompanion.memory.errors import FollowedOnly, StorageError, WorkspaceInUse
from codecompanion.memory.event_log import Job, Outcome
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at whether the owner has ended; one costs a few system calls."""

Answer = TypeVar("Answer")


class FollowedDatabase(LogFile):
    """The log of another process, ``owner`` by its id if that is known: read beside it, never written."""

    def __init__(self, folder: Path, owner: int | None) -> None:
        self.folder = folder
        self.owner = owner

    @property
    def path(self) -> Path:
        """Where the owner's database is."""
        return self.folder / DATABASE_NAME

    @property
    def notices(self) -> list[str]:
        """Nothing: what had to be mended, the owner was told."""
        return []

    @property
    def closed(self) -> bool:
        """Never: nothing is held open."""
        return False

    @property
    def refusal(self) -> FollowedOnly:
        """The sentence for whoever wants to write."""
        return FollowedOnly(self.folder, self.owner)

    def commit(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Refuse every job."""
        return [self.refusal for _ in jobs]

    async def read(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Answer a question on a connection of its own; raises ``StorageError`` or ``WorkspaceError``."""
        return await asyncio.to_thread(ask_beside, self.folder, question)

    async def change(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Refuse."""
        raise self.refusal

    def close(self) -> None:
        """Nothing is held open."""


class SharedDatabase(LogFile):
    """The database of a workspace, owned or followed, whichever it is just now.

    It begins as the owner where it can. A follower that is awaited with `owned` becomes the owner a moment
    after the former one has ended, however that was; who holds this object need not change anything then.
    """

    def __init__(self, clock: Clock, access: Database | FollowedDatabase) -> None:
        self._clock = clock
        self._access = access
        self._closed = False
        self._swapping = Lock()
        self._waiting = asyncio.Lock()

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> Self:
        """Own the log in ``folder``, or follow its owner; raises as `Database.open` for all other trouble."""
        try:
            return cls(clock, await open_database(folder, clock))
        except WorkspaceInUse as used:
            return cls(clock, FollowedDatabase(folder, used.pid))

    @property
    def path(self) -> Path:
        """Where the database is."""
        return self._access.path

    @property
    def notices(self) -> list[str]:
        """What had to be mended when this process took the log over."""
        return self._access.notices

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @property
    def followed(self) -> FollowedDatabase | None:
        """The other process's log, None when it is our own."""
        return self._access if isinstance(self._access, FollowedDatabase) else None

    def demand_owned(self) -> None:
        """Raise ``FollowedOnly`` while another process owns the log."""
        if self.followed is not None:
            raise self.followed.refusal

    def commit(self, jobs: Sequence[Job]) -> list[Outcome]:
        """As ``LogFile.commit``; refuses while another process owns the log."""
        return self._access.commit(jobs)

    async def read(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """As ``LogFile.read``."""
        if self._closed:
            raise StorageError("the log is closed: nothing more can be done with it")
        return await self._access.read(question)

    async def change(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """As ``LogFile.change``; refuses while another process owns the log."""
        return await self._access.change(work)

    async def owned(self) -> bool:
        """Wait until the log is this process's own; False when it was closed before that."""
        # whoever else waits has one of them look
        async with self._waiting:
            await self._until_owned()
        return not self._closed

    async def _until_owned(self) -> None:
        told = ""
        while self.followed is not None and not self._closed:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._take_over(self.followed)
            except OrchestraError as trouble:
                # it may pass, such as a full disk: the next look tries again
                if str(trouble) != told:
                    log.warning("the log could not be taken over: %s", trouble)
                told = str(trouble)

    async def _take_over(self, followed: FollowedDatabase) -> None:
        try:
            database = await open_database(followed.folder, self._clock)
        except WorkspaceInUse as used:
            followed.owner = used.pid or followed.owner
            return
        await asyncio.to_thread(partial(self._adopt, database))

    def _adopt(self, database: Database) -> None:
        with self._swapping:
            if not self._closed:
                self._access = database
                return
        database.close()

    def close(self) -> None:
        """Let go of the file, whoever's it is; blocks. Closing again does nothing."""
        with self._swapping:
            self._closed = True
            self._access.close()
