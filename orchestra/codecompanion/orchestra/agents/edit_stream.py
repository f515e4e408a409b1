"""Turns a streaming answer into edits: each piece lands as soon as it is complete and valid."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit, RenameFile
from codecompanion.contracts.errors import EditRefused, WorkspaceError
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.orchestra.agents.arrivals import has_arrived
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.piece import Piece, piece, with_clean_paths
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.merging.leases import Holder
from codecompanion.orchestra.merging.rebase import changed_by_agents

SECONDS_BETWEEN_NEWS = 1.0
"""How often a person hears how far an unfinished file is."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece that was not sent or did not land, with the reason as feedback for the model."""

    edit: FileEdit | None
    reason: str
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class _Taken:
    """A piece that waits, because other agents are at the lines it would change."""

    others: frozenset[Holder]


@dataclass(frozen=True, slots=True)
class _Writing:
    """News of a file that is still streaming."""

    path: str
    lines: int


class EditStream:
    """The edits of one answer, in order.

    Feed it while the answer streams and run ``land`` beside it; ``end`` says that nothing more comes.
    ``landed`` maps each changed path to the hash of its new text. ``done`` holds what landed of the task's
    earlier answers: a piece of those that comes again is passed over. ``objection`` says, of a path and its
    text before and after, why this agent must not make that change, empty where it may; it runs in a thread.
    ``epoch`` is the start of the task that this answer belongs to; ``known`` is what its agent takes the files
    to read. ``held`` names the places where the user's own changes stayed instead of this answer's.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        role: Role,
        task_id: TaskId,
        on_landed: Callable[[str, str], Awaitable[None]],
        on_writing: Callable[[str, int], Awaitable[None]],
        done: set[str] | None = None,
        objection: Callable[[str, str | None, str], str] | None = None,
        epoch: int | None = None,
        known: KnownTexts | None = None,
    ) -> None:
        self._desk = desk
        self._known = known or KnownTexts()
        self._holder = desk.holder(task_id)
        self._role = role
        self._task_id = task_id
        self._on_landed = on_landed
        self._on_writing = on_writing
        self._objection = objection
        self._epoch = epoch
        self._news_at = asyncio.get_running_loop().time() + SECONDS_BETWEEN_NEWS
        self._parser = AnswerParser()
        self._queue: asyncio.Queue[FileEdit | _Writing | None] = asyncio.Queue()
        self._transcript = desk.transcript(task_id)
        self._done = set() if done is None else done
        self.landed: dict[str, str] = {}
        self.rejections: list[Rejection] = []
        self.held: list[str] = []

    @property
    def prose(self) -> str:
        """What the model said outside its files."""
        return self._parser.prose

    def feed(self, text: str) -> None:
        """Take the next piece of the answer."""
        for edit in self._parser.feed(text):
            self._queue.put_nowait(edit)
        now = asyncio.get_running_loop().time()
        if now >= self._news_at and (writing := self._parser.writing):
            self._news_at = now + SECONDS_BETWEEN_NEWS
            self._queue.put_nowait(_Writing(*writing))

    def line_ended(self) -> None:
        """Let a closing fence at the very end of the answer count at once."""
        self.feed("\n")

    def restart(self) -> None:
        """Forget what has not landed yet; what has stays and is not sent twice."""
        self._parser.reset()
        while not self._queue.empty():
            self._queue.get_nowait()

    def end(self) -> None:
        """Say that the answer is complete."""
        closing = self._parser.close()
        for edit in closing.items:
            self._queue.put_nowait(edit)
        self.rejections += [Rejection(None, complaint) for complaint in closing.complaints]
        self._queue.put_nowait(None)

    async def land(self) -> None:
        """Send the edits as they come until ``end``: one file's in order, several files' side by side."""
        sent: list[asyncio.Task[None]] = []
        try:
            while (named := await self._queue.get()) is not None:
                if isinstance(named, _Writing):
                    await self._on_writing(named.path, named.lines)
                    continue
                sent.append(asyncio.create_task(self._land_in_turn(named), name=f"landing {named.path}"))
            await asyncio.gather(*sent)
        finally:
            for task in sent:
                task.cancel()

    async def _land_in_turn(self, named: FileEdit) -> None:
        try:
            edit = with_clean_paths(named)
        except WorkspaceError as error:
            self.rejections.append(Rejection(named, str(error)))
            return
        insist = False
        while True:
            async with self._desk.writers[edit.path]:
                result = await self._land(edit, insist=insist)
            if not isinstance(result, _Taken):
                break
            insist = not await self._desk.leases.wait_for(self._holder, result.others)
        if result is not None:
            self.rejections.append(result)

    async def _land(self, edit: FileEdit, *, insist: bool) -> Rejection | _Taken | None:
        fingerprint = sha256_of(edit.model_dump_json())
        if fingerprint in self._done:
            return None
        recorded = self._transcript.proposed(edit)
        if recorded is not None and (known := self._desk.log.state.settled.get(recorded.edit_id)):
            return await self._remember(edit, known, fingerprint)
        return await self._send(edit, recorded, fingerprint, insist=insist)

    async def _send(
        self, edit: FileEdit, recorded: e.EditProposed | None, fingerprint: str, *, insist: bool
    ) -> Rejection | _Taken | None:
        """Check a piece against the file as it is now, and push it."""
        try:
            current = self._desk.view.read(edit.path) if self._desk.view.exists(edit.path) else None
            if recorded is not None and current is not None and await self._has_arrived(current, recorded):
                await self._reconcile(edit, recorded, current)
                self._done.add(fingerprint)
                return None
            wanted = piece(current, edit, self._known.of(edit.path))
        except (EditRefused, WorkspaceError) as error:
            return Rejection(edit, f"{edit.path}: {error}")
        if why := await wanted.fault() or await self._objection_to(wanted):
            return Rejection(edit, f"{edit.path}: {why}")
        if hindrance := self._hindrance(wanted, insist=insist):
            return hindrance
        if wanted.done_already:
            await self._landed(edit.path, wanted.wanted.text)
        elif rejection := await self._push(wanted, recorded):
            return rejection
        self._done.add(fingerprint)
        wanted.note_in(self._known)
        return None

    async def _objection_to(self, wanted: Piece) -> str:
        if self._objection is None:
            return ""
        # a file that is renamed is gone from where it was, like one that is removed
        text = "" if isinstance(wanted.edit, RenameFile) else wanted.wanted.text
        return await asyncio.to_thread(self._objection, wanted.edit.path, wanted.current, text)

    def _hindrance(self, wanted: Piece, *, insist: bool) -> Rejection | _Taken | None:
        """Take the lines to be changed for this task; returns who or what is in the way."""
        path, before, leases = wanted.edit.path, wanted.current or "", self._desk.leases
        if wanted.unread and leases.written_by_others(self._holder, path):
            return Rejection(wanted.edit, f"{path} was written by another agent meanwhile; read it first")
        others = leases.take(self._holder, path, before, wanted.wanted.changes_of(before))
        if others and not insist:
            return _Taken(others)
        if leases.between_agents(self._holder, path, wanted.wanted.conflicts):
            return Rejection(wanted.edit, f"{path}: {changed_by_agents(wanted.wanted.conflicts)}")
        return None

    async def _push(self, wanted: Piece, recorded: e.EditProposed | None) -> Rejection | None:
        """Send a piece that was found good, and take in what became of it."""
        await self._desk.gate()
        edit, text = wanted.edit, wanted.wanted.text
        proposal = recorded or self._proposal(edit, sha256_of(text))
        outcome = await self._desk.push(proposal, wanted.current, self._epoch, self._known.of(edit.path))
        if outcome.state == "failed" and not outcome.held:
            return Rejection(edit, f"{edit.path}: {outcome.reason}", recorded=True)
        self.held += [f"{edit.path} line {part.line}" for part in outcome.held]
        if outcome.state != "failed":
            self._desk.leases.landed(self._holder, edit.path, wanted.current or "", text)
            await self._landed(wanted.path, text)
        return None

    async def _remember(self, edit: FileEdit, known: EditOutcome, fingerprint: str) -> Rejection | None:
        """The log says what became of this edit before the run was interrupted."""
        if known.state == "failed" and not known.held:
            return Rejection(edit, f"{edit.path}: {known.reason}", recorded=True)
        self.held += [f"{edit.path} line {part.line}" for part in known.held]
        if known.state != "failed":
            await self._landed(edit.path, self._desk.view.read(edit.path))
        self._done.add(fingerprint)
        return None

    async def _has_arrived(self, current: str, recorded: e.EditProposed) -> bool:
        before = self._transcript.before.get(recorded.edit_id)
        return await asyncio.to_thread(has_arrived, current, recorded, before)

    async def _reconcile(self, edit: FileEdit, recorded: e.EditProposed, current: str) -> None:
        """The edit was on its way when the run was interrupted, and the file shows that it arrived."""
        # what the editor shows is to be in the log before that counts as settled
        await self._desk.sink.settle([recorded.edit_id])
        outcome = EditOutcome(
            edit_id=recorded.edit_id, path=edit.path, state="confirmed", sha256=sha256_of(current)
        )
        await self._desk.note(e.EditSettled(outcome=outcome))
        await self._landed(edit.path, current)

    async def _landed(self, path: str, text: str) -> None:
        self.landed[path] = sha256_of(text)
        await self._on_landed(path, text)

    def _proposal(self, edit: FileEdit, sha256: str) -> e.EditProposed:
        return e.EditProposed(
            edit_id=self._desk.ids("edit"), task_id=self._task_id, role=self._role, edit=edit, sha256=sha256
        )

    async def keep_rejected(self) -> None:
        """Record the pieces that were given up, so that nothing a model wrote is lost."""
        for rejection in self.rejections:
            if rejection.edit is None or rejection.recorded:
                continue
            proposal = self._proposal(rejection.edit, "")
            await self._desk.note(proposal)
            failed = EditOutcome(
                edit_id=proposal.edit_id, path=rejection.edit.path, state="failed", reason=rejection.reason
            )
            await self._desk.note(e.EditSettled(outcome=failed))
