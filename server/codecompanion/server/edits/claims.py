"""Edits on their way: what their files should read, until that is seen in a document, or given up."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from codecompanion.contracts.ids import EditId
from codecompanion.server.edits.plan import PlannedEdit
from codecompanion.server.edits.traces import Mishap, Trace
from codecompanion.server.wire.documents import OpenDocument


@dataclass(frozen=True, slots=True)
class Claim:
    """One edit that should make its file read ``plan.after``; ``trace`` is what its document goes through."""

    edit_id: EditId
    path: str
    plan: PlannedEdit
    trace: Trace | None = None

    def shows_in(self, text: str) -> bool:
        """Whether the edit was made, ``text`` being what its document reads now."""
        return (self.trace is not None and self.trace.made() is not None) or self.plan.shows_in(text)

    def mishap(self) -> Mishap | None:
        """Return what the editor did wrong with it, None when nothing of that kind was seen."""
        return self.trace.mishap() if self.trace else None


@dataclass(frozen=True, slots=True)
class Seen:
    """A claim, and the text that showed it came true; None when nothing did."""

    claim: Claim
    text: str | None


class Claims:
    """The open claims of each file in order; a document that shows one shows the earlier ones too."""

    def __init__(self) -> None:
        self._open: dict[str, list[Claim]] = {}
        self._seen: dict[EditId, Seen] = {}
        self._news = asyncio.Event()

    def add(self, claim: Claim) -> None:
        """Keep a claim in mind from now on."""
        self._open.setdefault(claim.path, []).append(claim)

    def expected(self, path: str) -> str | None:
        """Return what the file should read by its newest claim, None when there is none."""
        claims = self._open.get(path)
        return claims[-1].plan.after if claims else None

    def follow(self, path: str, document: OpenDocument) -> None:
        """Take in the next state of a document, for what open claims will be judged by."""
        for claim in self._open.get(path, []):
            if claim.trace is not None:
                claim.trace.seen.append(document)

    def look(self, path: str, text: str) -> bool:
        """Take in what a document reads; returns whether that made a claim come true."""
        claims = self._open.get(path, [])
        count = next((n for n in range(len(claims), 0, -1) if same_text(claims[n - 1].plan.after, text)), 0)
        for claim in claims[:count]:
            self._seen[claim.edit_id] = Seen(claim, text)
        self._keep(path, claims[count:])
        return count > 0

    def supersede(self, path: str, text: str) -> None:
        """Take in that a file was written anew, with all its open claims in the text."""
        for claim in self._open.get(path, []):
            self._seen[claim.edit_id] = Seen(claim, text)
        self._keep(path, [])

    def take_seen(self, edit_ids: Collection[EditId] | None = None) -> list[Seen]:
        """Hand over, once, the claims that came true: those of the ids, or all."""
        wanted = [key for key in self._seen if edit_ids is None or key in edit_ids]
        return [self._seen.pop(key) for key in wanted]

    def take_open(self, edit_ids: Collection[EditId] | None = None) -> list[Claim]:
        """Hand over, once, the claims that nobody has seen come true: those of the ids, or all."""
        wanted = [c for c in self._open_ones() if edit_ids is None or c.edit_id in edit_ids]
        for claim in wanted:
            self._keep(claim.path, [c for c in self._open[claim.path] if c is not claim])
        return wanted

    async def wait_for(self, edit_ids: Collection[EditId] | None, seconds: float) -> bool:
        """Wait until none of the claims is open; returns False when the time is up."""
        try:
            async with asyncio.timeout(seconds):
                while any(edit_ids is None or claim.edit_id in edit_ids for claim in self._open_ones()):
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def of_file(self, path: str) -> list[EditId]:
        """Return the ids of a file's open claims."""
        return [claim.edit_id for claim in self._open.get(path, [])]

    def befores(self, path: str) -> list[str | None]:
        """Return what the file read before each of its open claims; None stands for no file."""
        return [claim.plan.before for claim in self._open.get(path, [])]

    def _open_ones(self) -> list[Claim]:
        return [claim for claims in self._open.values() for claim in claims]

    def _keep(self, path: str, claims: list[Claim]) -> None:
        if claims:
            self._open[path] = claims
        else:
            self._open.pop(path, None)
        self._news.set()
        self._news = asyncio.Event()


def same_text(expected: str, seen: str) -> bool:
    """Whether a document reads as expected, whatever line endings and final line break the editor prefers."""
    if expected == seen:
        return True
    # a text cannot gain or lose more characters than it has lines, so most are told apart by length alone
    if abs(len(expected) - len(seen)) > max(expected.count("\n"), seen.count("\n")) + 2:
        return False
    return _plain(expected) == _plain(seen)


def _plain(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
