"""Turns a streaming answer into edits: each piece lands as soon as it is complete and valid."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit
from codecompanion.contracts.errors import EditRefused, WorkspaceError
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.edits.validity import check_syntax
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.protected import why_protected

SECONDS_BETWEEN_NEWS = 1.0
"""How often a person hears how far an unfinished file is."""
BIG = 100_000
"""Characters from which a syntax check is worth a thread: below, it takes less than a loop's turn."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece that was not sent or did not land, with the reason as feedback for the model."""

    edit: FileEdit | None
    reason: str
    recorded: bool = False


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
    ``epoch`` is the start of the task that this answer belongs to.
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
    ) -> None:
        self._desk = desk
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
            edit = _with_clean_path(named)
        except WorkspaceError as error:
            self.rejections.append(Rejection(named, str(error)))
            return
        async with self._desk.writers[edit.path]:
            rejection = await self._land(edit)
        if rejection is not None:
            self.rejections.append(rejection)

    async def _land(self, edit: FileEdit) -> Rejection | None:
        fingerprint = sha256_of(edit.model_dump_json())
        if fingerprint in self._done:
            return None
        recorded = self._transcript.proposed(edit)
        if recorded is not None and (known := self._desk.log.state.settled.get(recorded.edit_id)):
            return await self._remember(edit, known, fingerprint)
        return await self._send(edit, recorded, fingerprint)

    async def _send(
        self, edit: FileEdit, recorded: e.EditProposed | None, fingerprint: str
    ) -> Rejection | None:
        """Check a piece against the file as it is now, and push it."""
        try:
            current = self._desk.view.read(edit.path) if self._desk.view.exists(edit.path) else None
            if recorded is not None and current is not None and sha256_of(current) == recorded.sha256:
                await self._reconcile(edit, recorded, fingerprint)
                return None
            text = resulting_text(current, edit)
        except (EditRefused, WorkspaceError) as error:
            return Rejection(edit, f"{edit.path}: {error}")
        if complaint := await _syntax(edit.path, text):
            return Rejection(edit, f"{edit.path}: {complaint}")
        if self._objection and (why := await asyncio.to_thread(self._objection, edit.path, current, text)):
            return Rejection(edit, f"{edit.path}: {why}")
        if text != current:
            await self._desk.gate()
            proposal = recorded or self._proposal(edit, sha256_of(text))
            outcome = await self._desk.push(proposal, current, self._epoch)
            if outcome.state == "failed":
                return Rejection(edit, f"{edit.path}: {outcome.reason}", recorded=True)
        await self._landed(edit.path, text, fingerprint)
        return None

    async def _remember(self, edit: FileEdit, known: EditOutcome, fingerprint: str) -> Rejection | None:
        """The log says what became of this edit before the run was interrupted."""
        if known.state == "failed":
            return Rejection(edit, f"{edit.path}: {known.reason}", recorded=True)
        await self._landed(edit.path, self._desk.view.read(edit.path), fingerprint)
        return None

    async def _reconcile(self, edit: FileEdit, recorded: e.EditProposed, fingerprint: str) -> None:
        """The edit was on its way when the run was interrupted, and the file shows that it arrived."""
        outcome = EditOutcome(
            edit_id=recorded.edit_id, path=edit.path, state="confirmed", sha256=recorded.sha256
        )
        await self._desk.note(e.EditSettled(outcome=outcome))
        await self._landed(edit.path, self._desk.view.read(edit.path), fingerprint)

    async def _landed(self, path: str, text: str, fingerprint: str) -> None:
        self._done.add(fingerprint)
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


def _with_clean_path(edit: FileEdit) -> FileEdit:
    path = relative_path(edit.path)
    if trouble := why_protected(path):
        raise WorkspaceError(trouble)
    return edit if path == edit.path else edit.model_copy(update={"path": path})


async def _syntax(path: str, text: str) -> str | None:
    if len(text) < BIG:
        return check_syntax(path, text)
    return await asyncio.to_thread(check_syntax, path, text)
