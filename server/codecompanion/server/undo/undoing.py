"""Takes a run's edits out of the person's files, through the sink that every edit goes through."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codecompanion.contracts.base import Contract
from codecompanion.contracts.change_events import CHANGES, EditsUndone, FileUndone
from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, WholeFile
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.events import EditProposed, EditSettled, Recorded, RunForked
from codecompanion.contracts.ids import EditId, IdSource, RunId
from codecompanion.contracts.ports import EditSink
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.provenance.file_history import AgentEdit
from codecompanion.orchestra.undo.taking_back import TakenBack, inverse, taken_back
from codecompanion.orchestra.undo.undo_notes import UndoNotes, undo_notes
from codecompanion.server.provenance.asking import text_on_disk
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.runs.keeping import WritableLog, note_change
from codecompanion.server.runs.reader import RunReader


class UndoReport(Contract):
    """What an undo did. ``undoId`` takes it back, empty where nothing was changed.

    ``kept`` has a sentence for everything that stayed because someone else changed it since.
    """

    run_id: RunId
    undo_id: str
    text: str
    files: tuple[FileUndone, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be undone: a run, or one agent's or one task's part of it."""

    run_id: RunId
    role: str = ""
    task_id: str = ""

    def holds(self, edit: AgentEdit) -> bool:
        """Whether an edit belongs to it."""
        ours = edit.run_id == self.run_id and self.task_id in ("", edit.task_id)
        return ours and self.role in ("", str(edit.role))


@dataclass(frozen=True, slots=True)
class Undoing:
    """One folder's way of undoing. ``text_of`` tells what a file holds now, None for no file."""

    log: WritableLog
    authors: FileAuthors
    sink: EditSink
    text_of: Callable[[str], Awaitable[str | None]]
    ids: IdSource

    async def undo(self, part: Part) -> UndoReport:
        """Take a part back; again is a success that changes nothing. Raises ``OrchestraError``."""
        reader = RunReader(self.log)
        history = await reader.history(part.run_id)
        if any(isinstance(one.body, RunForked) for one in history):
            raise BadRequest(f"run {part.run_id} works in a folder of its own; delete that folder instead")
        _demand_present(part, history)
        notes = await self._notes()
        found = await self._edits(reader, part, _paths(history))
        open_ones = {path: [e for e in edits if e.edit_id not in notes.undone] for path, edits in found.items()}
        if not any(open_ones.values()):
            said = "is undone already" if any(found.values()) else "changed no file"
            return _nothing(part, f"{_named(part)} {said}; nothing was done.")
        return await self._take_back(part, open_ones, again=False)

    async def take_back(self, undo_id: str) -> UndoReport:
        """Take an undo back: its edits come again, on top of what was typed since; raises as ``undo``."""
        notes = await self._notes()
        undo = notes.undos.get(undo_id)
        if undo is None:
            known = ", ".join(list(notes.undos)[-5:]) or "none yet"
            raise BadRequest(f"unknown undo {undo_id[:80]!r}; known: {known}")
        part = Part(undo.run_id, undo.role, undo.task_id)
        wanted = {key for key in undo.edits if (key in notes.undone) is not undo.again}
        reader = RunReader(self.log)
        found = await self._edits(reader, part, _paths(await reader.history(undo.run_id)))
        back = [edit for edits in found.values() for edit in edits if edit.edit_id in wanted]
        if not back:
            said = f"{undo_id} is taken back already; nothing was done."
            return _nothing(part, said)
        if not undo.again:
            # what puts them in again takes back their inverses, the first of them last
            back = [inverse(edit) for edit in reversed(back)]
        by_path: dict[str, list[AgentEdit]] = {}
        for edit in back:
            by_path.setdefault(edit.path, []).append(edit)
        return await self._take_back(part, by_path, again=not undo.again)

    async def _notes(self) -> UndoNotes:
        return undo_notes(await self.log.read(CHANGES))

    async def _edits(self, reader: RunReader, part: Part, paths: Iterable[str]) -> dict[str, list[AgentEdit]]:
        found: dict[str, list[AgentEdit]] = {}
        for path in paths:
            history = await self.authors.history(reader, path)
            found[path] = [edit for edit in history.landed.values() if part.holds(edit)]
        return found

    async def _take_back(self, part: Part, edits: dict[str, list[AgentEdit]], *, again: bool) -> UndoReport:
        undo_id = self.ids("undo")
        files: list[FileUndone] = []
        undone: list[EditId] = []
        kept: list[str] = []
        for path, some in edits.items():
            current = await self.text_of(path)
            wanted = taken_back(path, current, some)
            kept += [one.sentence for one in wanted.stays]
            trouble = await self._bring(undo_id, current, wanted, files)
            if trouble:
                kept.append(f"{path}: {trouble}")
            else:
                undone += wanted.undone
        body = EditsUndone(
            undo_id=undo_id,
            run_id=part.run_id,
            role=part.role,
            task_id=part.task_id,
            again=again,
            edits=tuple(undone),
            files=tuple(files),
            kept=tuple(kept),
        )
        if not files and not undone:
            return _nothing(part, f"{_named(part)} cannot be undone further; nothing was done.", body.kept)
        await note_change(self.log, body)
        return UndoReport(
            run_id=part.run_id, undo_id=undo_id, text=_summary(body), files=body.files, kept=body.kept
        )

    async def _bring(
        self, undo_id: str, current: str | None, wanted: TakenBack, files: list[FileUndone]
    ) -> str:
        """Let the file read as wanted; returns why that failed, or what of it was held."""
        if wanted.text == current:
            return ""
        edit: FileEdit = WholeFile(path=wanted.path, text=wanted.text or "", new=current is None, exact=True)
        if wanted.text is None:
            edit = DeleteFile(path=wanted.path, text=current)
        edit_id = self.ids("edit")
        outcome = await self.sink.push(edit_id, edit, f"undo: {wanted.path}", current)
        if outcome.state == "claimed":
            outcome = next(iter(await self.sink.settle([edit_id])), outcome)
        if outcome.state == "failed":
            return outcome.reason
        change = "removed" if wanted.text is None else "restored" if current is None else "changed"
        files.append(
            FileUndone.model_validate({"path": wanted.path, "change": change, "sha256": outcome.sha256})
        )
        lines = ", ".join(str(part.line) for part in outcome.held)
        return f"lines typed at this very moment stay (at {lines})" if lines else ""


def disk_texts(folder: Path) -> Callable[[str], Awaitable[str | None]]:
    """Return what tells the text of a folder's files on the disk; None for a file that is not there."""

    def read(path: str) -> str | None:
        return text_on_disk(folder, path) if (folder / path).exists() else None

    async def text_of(path: str) -> str | None:
        return await asyncio.to_thread(read, path)

    return text_of


def _paths(history: Sequence[Recorded]) -> list[str]:
    """Return the files that a run's edits came to be in, or wait for, in order."""
    edits = {one.body.edit_id: one.body.edit for one in history if isinstance(one.body, EditProposed)}
    settled = (one.body.outcome for one in history if isinstance(one.body, EditSettled))
    paths: list[str] = []
    for one in settled:
        edit = edits.get(one.edit_id)
        if edit is not None and one.state != "failed":
            paths += [edit.path, edit.to] if isinstance(edit, RenameFile) else [edit.path]
    return list(dict.fromkeys(paths))


def _demand_present(part: Part, history: Sequence[Recorded]) -> None:
    """Refuse an agent or a task that the run does not have, with those it has."""
    edits = [one.body for one in history if isinstance(one.body, EditProposed)]
    for wanted, known in (
        (part.role, {str(edit.role) for edit in edits}),
        (part.task_id, {edit.task_id for edit in edits}),
    ):
        if wanted and wanted not in known:
            some = ", ".join(sorted(known)) or "none"
            raise BadRequest(f"nothing in run {part.run_id} was written by {wanted!r}; written by: {some}")


def _nothing(part: Part, said: str, kept: tuple[str, ...] = ()) -> UndoReport:
    return UndoReport(run_id=part.run_id, undo_id="", text=said, files=(), kept=kept)


def _named(part: Part) -> str:
    whose = part.role or part.task_id
    return f"The part of {whose} in run {part.run_id}" if whose else f"Run {part.run_id}"


def _summary(event: EditsUndone) -> str:
    done = {"changed": "changed back", "removed": "removed", "restored": "put back"}
    counts = [
        f"{counted(sum(one.change == change for one in event.files), 'file')} {said}"
        for change, said in done.items()
        if any(one.change == change for one in event.files)
    ]
    what = _named(Part(event.run_id, event.role, event.task_id))
    head = f"{what} is undone" if not event.again else f"{what} is back: its undoing was undone"
    if event.kept:
        head += f", but for {counted(len(event.kept), 'place')}"
    return f"{head}: {', '.join(counts)}." if counts else f"{head}; no file had to be changed."
