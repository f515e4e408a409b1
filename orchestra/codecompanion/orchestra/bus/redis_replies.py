"""Replies, presence and blobs in Redis."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from codecompanion.contracts.ports import BlobLost
from codecompanion.contracts.work import START, Member, NameTaken, Piece
from codecompanion.orchestra.bus.redis_link import PREFIX, RedisLink
from codecompanion.orchestra.bus.redis_work import RedisWork
from codecompanion.orchestra.bus.terms import WorkTerms

_MEMBERS = [f"{PREFIX}members", f"{PREFIX}members:until"]


class RedisReplies:
    """``Replies``, each a stream whose entry ids are epoch and number: what is late finds no place."""

    def __init__(self, link: RedisLink, terms: WorkTerms) -> None:
        self._link = link
        self._keep = int(terms.keep * 1000)

    async def open_reply(self, name: str) -> bool:
        """As ``Replies.open_reply``."""
        return bool(await self._link.script("open", [_reply(name)], [self._keep]))

    async def append(self, name: str, piece: Piece) -> bool:
        """As ``Replies.append``."""
        return bool(await self._link.script("append", [_reply(name)], [*piece, self._keep]))

    async def read(self, name: str, after: tuple[int, int], wait: float) -> list[Piece]:
        """As ``Replies.read``."""
        block = max(1, int(min(wait, self._link.terms.block) * 1000))
        command = ["XREAD", "COUNT", 500, "BLOCK", block, "STREAMS", _reply(name), "{}-{}".format(*after)]
        answer = await self._link.call(lambda: self._link.client.execute_command(*command))  # type: ignore[no-untyped-call]
        return [_piece(*entry) for _, entries in answer or () for entry in entries if _is_piece(entry[0])]

    async def drop(self, name: str) -> None:
        """As ``Replies.drop``."""
        await self._link.call(lambda: self._link.client.delete(_reply(name)))


class RedisRoster:
    """The ``Roster`` of all processes at one Redis."""

    def __init__(self, link: RedisLink, work: RedisWork, terms: WorkTerms) -> None:
        self._link = link
        self._work = work
        self._presence = int(terms.presence * 1000)
        self._badge = uuid.uuid4().hex
        self._topics: dict[str, list[str]] = {}

    async def join(self, name: str, facts: Mapping[str, Any]) -> None:
        """As ``Roster.join``; ``facts["topics"]`` names where an earlier one may have a history."""
        answer = await self._link.script(
            "join", _MEMBERS, [name, self._badge, json.dumps(dict(facts)), self._presence]
        )
        if answer == 0:
            raise NameTaken(f"another worker of the name {name!r} is at work; give this one another --name")
        if name not in self._topics:
            self._topics[name] = list(facts.get("topics", ()))
            await self._work.put_back(name, self._topics[name], delete=False)

    async def leave(self, name: str) -> None:
        """As ``Roster.leave``."""
        topics = self._work.touched(name) | set(self._topics.pop(name, ()))
        await self._work.put_back(name, sorted(topics), delete=True)
        await self._link.script("leave", _MEMBERS, [name, self._badge])

    async def members(self) -> list[Member]:
        """As ``Roster.members``."""
        present = await self._link.script("members", _MEMBERS, [])
        return [_member(name, json.loads(text)) for name, text in sorted(present)]


class RedisBlobs:
    """Contents kept in Redis for as long as replies are."""

    def __init__(self, link: RedisLink, terms: WorkTerms) -> None:
        self._link = link
        self._keep = int(terms.keep * 1000)

    async def put(self, content: bytes) -> str:
        """As ``BlobStore.put``; keeping it again keeps it for longer."""
        name = hashlib.sha256(content).hexdigest()
        if not await self._link.call(lambda: self._link.client.pexpire(_blob(name), self._keep)):
            await self._link.call(lambda: self._link.client.set(_blob(name), content, px=self._keep))
        return name

    async def get(self, sha256: str) -> bytes:
        """As ``BlobStore.get``."""
        text = await self._link.call(lambda: self._link.client.get(_blob(sha256)))
        if text is None:
            raise BlobLost(sha256, "it is not in Redis any more")
        content: bytes = text.encode("utf-8", "surrogateescape")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobLost(sha256, "what Redis holds under that name is something else")
        return content


def _member(name: str, known: dict[str, Any]) -> Member:
    return Member(name=name, facts=json.loads(known["facts"]), since=float(known["since"]) / 1000)


def _reply(name: str) -> str:
    return f"{PREFIX}reply:{name}"


def _blob(sha256: str) -> str:
    return f"{PREFIX}blob:{sha256}"


def _is_piece(entry: str) -> bool:
    epoch, _, number = entry.partition("-")
    return (int(epoch), int(number)) > START


def _piece(entry: str, fields: dict[str, str]) -> Piece:
    epoch, _, number = entry.partition("-")
    return Piece(int(epoch), int(number), fields["text"])
