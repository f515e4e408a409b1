"""Lets waiting changes into the person's files through the sink of all edits, or turns them down."""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.contracts.change_events import ChangesAccepted, ChangesRejected
from codecompanion.contracts.edits import EditOutcome, FileEdit, ReplaceBlock
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.events import Event
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import IdSource
from codecompanion.contracts.ports import EditSink
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.review.pending_files import Hunk, PendingFile, landing_edit
from codecompanion.orchestra.review.review_items import KeptBack, RunReview
from codecompanion.server.review.answers import Decided
from codecompanion.server.review.waiting import waiting_in
from codecompanion.server.runs.keeping import WritableLog, note_change


@dataclass(frozen=True, slots=True)
class Choice:
    """What is meant: everything that waits, or that of a run, a file, or one change by its name or number."""

    run_id: str = ""
    path: str = ""
    hunk: str = ""


@dataclass(frozen=True, slots=True)
class _Chosen:
    files: list[tuple[PendingFile, tuple[Hunk, ...]]]
    kept_back: list[KeptBack]


@dataclass(frozen=True, slots=True)
class Deciding:
    """One folder's way of deciding; every decision is in the log before the next one is taken."""

    log: WritableLog
    sink: EditSink
    ids: IdSource

    async def accept(self, choice: Choice) -> Decided:
        """Let in what is meant; where the person typed the same lines, theirs stay and it goes on waiting."""
        chosen = _chosen(await waiting_in(self.log), choice)
        done: list[str] = []
        refused: list[str] = []
        for file, hunks in chosen.files:
            outcome = await self._let_in(file, hunks)
            _sort(outcome, done, refused)
        for kept in chosen.kept_back if choice.hunk else ():
            _sort(await self._take_agents(kept), done, refused)
        if chosen.kept_back and not choice.hunk:
            refused += [
                f"{one.path}:{one.part.line}: your own text stays until you accept {one.id}"
                for one in chosen.kept_back
            ]
        return _decided("let in", done, refused)

    async def reject(self, choice: Choice) -> Decided:
        """Turn down what is meant; the person's files stay as they are."""
        chosen = _chosen(await waiting_in(self.log), choice)
        for file, hunks in chosen.files:
            changes = tuple(hunk.rejected for hunk in hunks)
            whole = len(hunks) == len(file.hunks)
            event = ChangesRejected(
                run_id=file.run_id, path=file.path, changes=() if whole else changes, whole=whole
            )
            await note_change(self.log, event)
        for kept in chosen.kept_back:
            await note_change(self.log, ChangesRejected(run_id=kept.run_id, path=kept.path, part=kept.id))
        paths = [file.path for file, _ in chosen.files] + [kept.path for kept in chosen.kept_back]
        return _decided("turned down", paths, [])

    async def note_present(self, file: PendingFile, text: str) -> bool:
        """Take in what the person's file shows already of what waits; returns whether there was anything."""
        hunks = file.present_in(text)
        if hunks:
            changes = tuple(hunk.accepted for hunk in hunks)
            event = ChangesAccepted(
                accept_id=self.ids("accept"),
                run_id=file.run_id,
                path=file.path,
                changes=changes,
                sha256=sha256_of(text),
            )
            await note_change(self.log, event)
        return bool(hunks)

    async def _let_in(self, file: PendingFile, hunks: tuple[Hunk, ...]) -> EditOutcome:
        changes = tuple(hunk.accepted for hunk in hunks)
        whole = len(hunks) == len(file.hunks)
        text = file.text if whole else file.with_accepted(changes).base
        name = self.ids("accept")
        outcome = await self._push(name, landing_edit(file.path, file.base, text), file.base)
        if outcome.state != "failed":
            event: Event = ChangesAccepted(
                accept_id=name,
                run_id=file.run_id,
                path=file.path,
                changes=() if whole else changes,
                whole=whole,
                sha256=outcome.sha256,
            )
            await note_change(self.log, event)
        return outcome

    async def _take_agents(self, kept: KeptBack) -> EditOutcome:
        """Put the agent's lines in the place of the person's, because they say so."""
        name = self.ids("accept")
        edit = ReplaceBlock(path=kept.path, search=kept.part.user, replace=kept.part.wanted)
        outcome = await self._push(name, edit, None)
        if outcome.state != "failed":
            event = ChangesAccepted(
                accept_id=name, run_id=kept.run_id, path=kept.path, part=kept.id, sha256=outcome.sha256
            )
            await note_change(self.log, event)
        return outcome

    async def _push(self, name: str, edit: FileEdit, base: str | None) -> EditOutcome:
        outcome = await self.sink.push(name, edit, f"accept: {edit.path}", base)
        if outcome.state == "claimed":
            outcome = next(iter(await self.sink.settle([name])), outcome)
        return outcome


def _chosen(reviews: Sequence[RunReview], choice: Choice) -> _Chosen:
    """Return what is meant; raises ``BadRequest`` where nothing like it waits."""
    files = [
        file
        for one in reviews
        for file in one.files
        if choice.run_id in ("", file.run_id) and choice.path in ("", file.path)
    ]
    kept = [
        part
        for one in reviews
        for part in one.kept_back
        if choice.run_id in ("", part.run_id) and choice.path in ("", part.path)
    ]
    if choice.hunk:
        files_hunks = [(file, hunks) for file in files if (hunks := _named(file, choice.hunk))]
        chosen = _Chosen(files_hunks[:1], [part for part in kept if part.id == choice.hunk])
    else:
        chosen = _Chosen([(file, file.hunks) for file in files], kept)
    if not chosen.files and not chosen.kept_back:
        raise BadRequest(f"nothing that waits fits {_said(choice)}; `orchestra review` lists what waits")
    return chosen


def _named(file: PendingFile, name: str) -> tuple[Hunk, ...]:
    found = [hunk for nth, hunk in enumerate(file.hunks, 1) if name in (hunk.id, str(nth))]
    return tuple(found[:1])


def _said(choice: Choice) -> str:
    words = {"run": choice.run_id, "file": choice.path, "change": choice.hunk}
    return ", ".join(f"{what} {name!r}" for what, name in words.items() if name) or "that"


def _sort(outcome: EditOutcome, done: list[str], refused: list[str]) -> None:
    if outcome.state == "failed":
        refused.append(f"{outcome.path}: {outcome.reason}")
        return
    done.append(outcome.path)
    refused += [f"{outcome.path}:{part.line}: you changed these lines, and they stay" for part in outcome.held]


def _decided(what: str, paths: list[str], refused: list[str]) -> Decided:
    names = tuple(dict.fromkeys(paths))
    text = f"Changes in {counted(len(names), 'file')} {what}" if names else f"Nothing was {what}"
    if refused:
        text += f"; {counted(len(refused), 'place')} stayed"
    return Decided(text=f"{text}.", paths=names, refused=tuple(refused))
