"""Contents beside the log, each kept once under its hash: in the workspace's database, or in memory."""

import asyncio
import zlib
from collections.abc import Iterable, Set
from contextlib import suppress
from functools import partial
from hashlib import sha256

from codecompanion.contracts.ports import BlobLost, BlobStore
from codecompanion.memory.database import LogFile
from codecompanion.memory.engine import immediate
from codecompanion.memory.errors import StorageError
from codecompanion.memory.event_log import Job, Put
from codecompanion.memory.group_commit import GroupCommit
from codecompanion.memory.sqlite import sqlite3

MAX_BYTES = 100_000_000
"""The largest content taken; also what a stored one may unpack to, for its database may be a stranger's."""

BIG = 20_000
"""Bytes from which compressing is worth a thread: below, it takes less than a loop's turn."""


class SqliteBlobStore(BlobStore):
    """Contents in the log's own database, committed together with its events.

    A content is put before the event that names it: what was put since the database was opened is never
    removed, for its event may still be on the way.
    """

    def __init__(self, database: LogFile, commits: GroupCommit[Job, int]) -> None:
        self._database = database
        self._commits = commits
        self._put_here: set[bytes] = set()

    async def put(self, content: bytes) -> str:
        """Keep the bytes, durable on return; raises ``StorageError``."""
        _require_small(content)
        digest, packed = _packed(content) if len(content) < BIG else await asyncio.to_thread(_packed, content)
        self._put_here.add(digest)
        await self._commits.submit(Put(digest, packed))
        return digest.hex()

    async def get(self, sha256: str) -> bytes:
        """Return the bytes of a hash; raises ``BlobLost`` or ``StorageError``."""
        return await self._database.read(partial(_content, name=sha256))

    async def keep_only(self, wanted: Iterable[str]) -> int:
        """Remove all contents from before the opening but those wanted, by hash; returns how many went.

        A wanted name that is no hash, from an altered event, keeps nothing. Raises ``StorageError``.
        """
        kept = set(self._put_here)
        for name in wanted:
            with suppress(BlobLost):
                kept.add(_digest(name))
        return await self._database.change(partial(_remove_others, kept=kept))


class MemoryBlobStore(BlobStore):
    """Contents for as long as the process lives."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        """Keep the bytes; raises ``StorageError`` for those that no store takes."""
        _require_small(content)
        name = sha256(content).hexdigest()
        self._contents.setdefault(name, bytes(content))
        return name

    async def get(self, sha256: str) -> bytes:
        """Return the bytes of a hash; raises ``BlobLost``."""
        _digest(sha256)
        if sha256 not in self._contents:
            raise BlobLost(sha256, _NEVER_KEPT)
        return self._contents[sha256]


_NEVER_KEPT = "it was never kept here"


def _require_small(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise StorageError(f"a content of {len(content):,} bytes is too big to keep; the most is {MAX_BYTES:,}")


def _packed(content: bytes) -> tuple[bytes, bytes]:
    return sha256(content).digest(), zlib.compress(content)


def _digest(name: str) -> bytes:
    try:
        digest = bytes.fromhex(name)
    except ValueError:
        digest = b""
    if len(digest) != 32 or name != digest.hex():
        raise BlobLost(name, "that is no SHA-256 in 64 small hex digits")
    return digest


def _content(connection: sqlite3.Connection, name: str) -> bytes:
    row = connection.execute("SELECT packed FROM blobs WHERE sha256 = ?", (_digest(name),)).fetchone()
    if row is None:
        raise BlobLost(name, _NEVER_KEPT)
    try:
        content = zlib.decompressobj().decompress(row[0], MAX_BYTES)
    except (zlib.error, TypeError) as error:
        raise BlobLost(name, f"what is stored of it is damaged ({error})") from error
    if sha256(content).hexdigest() != name:
        raise BlobLost(name, "what is stored under it is something else")
    return content


def _remove_others(connection: sqlite3.Connection, kept: Set[bytes]) -> int:
    with immediate(connection):
        there = [digest for (digest,) in connection.execute("SELECT sha256 FROM blobs")]
        gone = [(digest,) for digest in there if digest not in kept]
        connection.executemany("DELETE FROM blobs WHERE sha256 = ?", gone)
    return len(gone)
