"""Turns a streaming answer into edits: each piece lands as soon as it is complete and valid."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from codecompanion.contracts.edits import FileEdit
from codecompanion.contracts.errors import EditRefused, WorkspaceError
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.landing import Landing, Part, Rejection, Taken
from codecompanion.orchestra.agents.piece import NeverRead, Piece, pieces_in_turn
from codecompanion.orchestra.agents.unfinished_answer import UnfinishedAnswer, sound_pieces
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.edits.lookalikes import is_lookalike, may_stand_elsewhere
from codecompanion.orchestra.edits.meant_paths import meant_of
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.tools.toolbox import nothing_hidden
from codecompanion.orchestra.workspace.edit_paths import paths_of, with_clean_paths
from codecompanion.orchestra.workspace.protected import why_protected

SECONDS_BETWEEN_NEWS = 1.0
"""How often a person hears how far an unfinished file is."""

LONGEST_SHOWN = 24_000
"""Characters of a file that an agent is shown which would have written it anew unread."""


@dataclass(frozen=True, slots=True)
class _Writing:
    """News of a file that is still streaming."""

    path: str
    lines: int


class EditStream:
    """The edits of one answer, in order.

    Feed it while the answer streams and run ``land`` beside it; ``end`` says that nothing more comes.
    ``done`` holds what landed of the task's earlier answers: a piece of those that comes again is passed over.
    ``objection`` says, of a path and its text before and after, why this agent must not make that change, empty
    where it may; it runs in a thread. ``epoch`` is the start of the task that this answer belongs to; ``known``
    is what its agent takes the files to read, ``hidden`` says which it must not be shown.
    ``files`` are those the task is about: a name that is no file's may mean one of them.

    A piece waits for the ones after it while its file would be broken without them; and to the end while it
    may still show that the answer is indented unlike the file, and the piece could stand elsewhere. So what
    lands of an answer is what ``orchestra patch`` makes of it.
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
        hidden: Callable[[str], bool] = nothing_hidden,
        files: Sequence[str] = (),
    ) -> None:
        self._desk = desk
        self._known = known or KnownTexts()
        self._holder = desk.holder(task_id)
        self._on_writing = on_writing
        self._hidden = hidden
        self._files = tuple(files)
        self._landing = Landing(
            desk,
            role=role,
            task_id=task_id,
            known=self._known,
            done=set() if done is None else done,
            on_landed=on_landed,
            objection=objection,
            epoch=epoch,
        )
        self._news_at = asyncio.get_running_loop().time() + SECONDS_BETWEEN_NEWS
        # blocks without a name are for the one file there is
        self._parser = AnswerParser(files[0] if len(files) == 1 else "")
        self._queue: asyncio.Queue[FileEdit | _Writing | None] = asyncio.Queue()
        self._answer = UnfinishedAnswer()
        self.rejections: list[Rejection] = []

    @property
    def prose(self) -> str:
        """What the model said outside its files."""
        return self._parser.prose

    @property
    def landed(self) -> dict[str, str]:
        """Each changed path with the hash of its new text."""
        return self._landing.landed

    @property
    def held(self) -> list[str]:
        """The places where the user's own changes stayed instead of this answer's."""
        return self._landing.held

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
        self._answer = UnfinishedAnswer()
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
        last: dict[str, asyncio.Task[None]] = {}
        try:
            while (named := await self._queue.get()) is not None:
                if isinstance(named, _Writing):
                    await self._on_writing(named.path, named.lines)
                elif (edit := self._writable(named)) is not None:
                    before = [last[path] for path in paths_of(edit) if path in last]
                    taking = self._take(self._answer, edit, before)
                    task = asyncio.create_task(taking, name=f"landing {edit.path}")
                    sent.append(task)
                    last |= dict.fromkeys(paths_of(edit), task)
            await asyncio.gather(*sent)
            for parts in self._answer.waiting.values():
                await self._advance(self._answer, parts, over=True)
        finally:
            for task in sent:
                task.cancel()

    async def keep_rejected(self) -> None:
        """Record the pieces that were given up, so that nothing a model wrote is lost."""
        for rejection in self.rejections:
            await self._landing.keep(rejection)

    def _writable(self, named: FileEdit) -> FileEdit | None:
        """Return the edit with clean paths; rejects one whose file must not be written."""
        try:
            edit = with_clean_paths(named.model_copy(update={"path": self._meant(named.path)}))
            if trouble := next(filter(None, map(why_protected, paths_of(edit))), ""):
                raise WorkspaceError(trouble)
        except WorkspaceError as error:
            self.rejections.append(Rejection(named, f"{named.path}: {error}"))
            return None
        return edit

    def _meant(self, name: str) -> str:
        view = self._desk.view
        name = name.removeprefix(view.root.rstrip("/") + "/")
        return name if view.exists(name) else meant_of(name, self._files) or name

    # -- the pieces of one file, in order

    async def _take(
        self, answer: UnfinishedAnswer, edit: FileEdit, before: Sequence[asyncio.Task[None]]
    ) -> None:
        if before:
            await asyncio.wait(before)
        part = self._landing.part(edit)
        parts = answer.waiting_with(edit)
        if any(part.fingerprint == other.fingerprint for other in parts):
            return
        try:
            async with self._written([part]):
                over = await self._landing.is_over(part)
        except WorkspaceError as error:
            over = Rejection(edit, f"{edit.path}: {error}")
        if isinstance(over, Rejection):
            self.rejections.append(over)
        elif not over:
            parts.append(part)
            await self._advance(answer, parts, over=False)

    async def _advance(self, answer: UnfinishedAnswer, parts: list[Part], *, over: bool) -> None:
        """Land what can land by now; once the answer is ``over``, nothing is left to wait."""
        insist = False
        while parts:
            async with self._written(parts):
                pieces = await self._ready(answer, parts, over=over)
                if not pieces:
                    return
                taken = await self._send(parts, pieces, insist=insist)
            insist = taken is not None and not await self._desk.leases.wait_for(self._holder, taken.others)

    @asynccontextmanager
    async def _written(self, parts: Sequence[Part]) -> AsyncIterator[None]:
        """Hold the files of some pieces; always in the same order, so that nobody waits for each other."""
        async with AsyncExitStack() as stack:
            for path in sorted({path for part in parts for path in paths_of(part.edit)}):
                await stack.enter_async_context(self._desk.writers[path])
            yield

    async def _ready(self, answer: UnfinishedAnswer, parts: list[Part], *, over: bool) -> Sequence[Piece]:
        """Return what the first pieces come to that can be sent now; rejects those that never can."""
        while parts:
            pieces = self._fitting(parts)
            answer.note(pieces)
            alike = [one for one in pieces if is_lookalike(one.base, one.edit)]
            if alike and answer.shifted:
                for one in alike:
                    self._reject(parts, one.edit, may_stand_elsewhere(one.base, one.edit))
                continue
            if alike and not over:
                return []
            ready, why = await sound_pieces(pieces, answer.before, over=over)
            if not (ready or over):
                return []
            blamed = parts[0].edit if parts and not ready else None
            for one in ready:
                if why := await self._landing.objection_to(one):
                    blamed = one.edit
                    break
            if blamed is None:
                return ready
            self._reject(parts, blamed, why)
        return []

    def _fitting(self, parts: list[Part]) -> list[Piece]:
        """Return what the pieces come to one after the other; rejects those that do not fit their files."""
        while True:
            edits = [part.edit for part in parts]
            pieces: list[Piece] = []
            try:
                for made in pieces_in_turn(edits, self._landing.now, self._known):
                    pieces.append(made)
            except NeverRead as unread:
                edit = edits[len(pieces)]
                self._reject(parts, edit, f"{unread}{self._shown_now(edit.path, unread.text)}")
                continue
            except (EditRefused, WorkspaceError) as error:
                self._reject(parts, edits[len(pieces)], str(error))
                continue
            return pieces

    def _shown_now(self, path: str, text: str) -> str:
        """Return what to say of a file that the agent has not read: its text, which it has read then."""
        if self._hidden(path):
            return "; leave it"
        if len(text) > LONGEST_SHOWN:
            return "; read it first, or send search/replace blocks"
        self._known.saw(path, text)
        return (
            f".\nIt reads now:\n{text.rstrip()}\n"
            "Send search/replace blocks for what is to change, or the whole file with all that is to stay."
        )

    def _reject(self, parts: list[Part], edit: FileEdit, why: str) -> None:
        parts[:] = [part for part in parts if part.edit is not edit]
        self.rejections.append(Rejection(edit, f"{edit.path}: {why}"))

    async def _send(self, parts: list[Part], pieces: Sequence[Piece], *, insist: bool) -> Taken | None:
        """Send the first pieces one after the other; returns who is in the way of the next one."""
        for number, made in enumerate(pieces):
            part = parts[0]
            try:
                # the person may have typed while the ones before it were sent
                wanted = next(pieces_in_turn([part.edit], self._landing.now, self._known)) if number else made
            except (EditRefused, WorkspaceError) as error:
                self._reject(parts, part.edit, str(error))
                continue
            result = await self._landing.send(part, wanted, insist=insist)
            if isinstance(result, Taken):
                return result
            parts.remove(part)
            self.rejections += [result] if result else []
        return None
