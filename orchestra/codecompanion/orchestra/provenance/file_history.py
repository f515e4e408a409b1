"""One file's history: what each agent's edit did to it, and who wrote each of its lines."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts.change_events import ChangesAccepted, EditsUndone
from codecompanion.contracts.edits import (
    DeleteFile,
    EditOutcome,
    FileEdit,
    RenameFile,
    ReplaceBlock,
    WholeFile,
)
from codecompanion.contracts.errors import EditRefused
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId, RunId, TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.session_events import TypingCut
from codecompanion.orchestra.edits.lines import BOM
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.merging.three_way import merge
from codecompanion.orchestra.provenance.line_authors import Author, LineAuthors, lines_written
from codecompanion.orchestra.replay.documents import Documents, changed_text
from codecompanion.orchestra.review.review_items import PendingFiles
from codecompanion.orchestra.workspace.texts import with_endings_of


@dataclass(frozen=True, slots=True)
class AgentEdit:
    """What an agent's edit did: ``before`` became ``after``; None stands for no file.

    The two are the agent's own change: what a person typed at the same time is in neither or in both. Where the
    log does not lead to the text the edit was made for, ``certain`` is False. ``role`` is None for what several
    agents wrote and a person let in at once.
    """

    edit_id: EditId
    run_id: RunId
    task_id: TaskId
    role: Role | None
    path: str
    at: float
    before: str | None
    after: str | None
    certain: bool = True


Elsewhere = Callable[[str, EditId], "tuple[AgentEdit, LineAuthors] | None"]
"""Given a path and the edit that gave its file another name, returns how it was then."""


class FileHistory:
    """The fold of everything the log says of one file, over all runs, in the order of the log.

    ``texts`` has kept texts by their hash and may grow while events are taken in. ``landed`` has the edits that
    are in the person's file, in the order in which they came to be there. ``moved_out`` is how it was when an
    edit removed it or gave it another name; ``elsewhere`` asks other files' histories for that.
    """

    def __init__(self, path: str, texts: Mapping[str, str], elsewhere: "Elsewhere | None" = None) -> None:
        self.path = path
        self.landed: dict[EditId, AgentEdit] = {}
        self.moved_out: dict[EditId, tuple[AgentEdit, LineAuthors]] = {}
        self._elsewhere = elsewhere or (lambda path, edit_id: None)
        self._documents = Documents(texts)
        self._proposed: dict[EditId, tuple[e.EditProposed, AgentEdit]] = {}
        self._written: dict[EditId, Counter[str]] = {}
        self._lines = LineAuthors()
        self._waiting: dict[RunId, PendingFiles] = {}
        self._failed: set[EditId] = set()
        self._unsure: set[EditId] = set()

    @property
    def text(self) -> str | None:
        """What the file holds as far as the log knows."""
        return self._documents.text_of(self.path)

    def authors_of(self, text: str) -> list[Author]:
        """Return the author of each line of what the file holds now, whether or not the log has heard of it."""
        # what an open document has and the log has not yet was typed a moment ago
        authors = self._lines.with_text(text.removeprefix(BOM), typed=self._is_open)
        return [None if author in self._failed or author in self._unsure else author for author in authors]

    def proposal(self, edit_id: EditId) -> AgentEdit | None:
        """Return an edit of this file, landed or not."""
        known = self._proposed.get(edit_id)
        return None if known is None else known[1]

    def take_all(self, events: Iterable[e.Recorded]) -> None:
        """Take in events in their order."""
        for one in events:
            self.take(one)

    def take(self, one: e.Recorded) -> None:
        """Take in an event that concerns this file; others are passed over."""
        if isinstance(one.body, EditsUndone):
            self._undone(one.body)
        if isinstance(one.body, e.EditProposed) and _renames_to(one.body.edit, self.path):
            self._moved_in(one.body)
        if not _concerns(one.body, self.path) or _is_note_of_a_cut(one):
            return
        if isinstance(one.body, d.DocumentChanged):
            self._find_bases(one.body)
        if isinstance(one.body, e.EditProposed):
            self._propose(one, one.body)
        if isinstance(one.body, ChangesAccepted):
            self._let_in(one, one.body)
        self._documents.take(one)
        text = (self.text or "").removeprefix(BOM)
        if text != self._lines.text:
            self._lines.become(text, self._written, typed=self._was_typed(one.body))
        if isinstance(one.body, TypingCut):
            self._forget_unsure()
        if isinstance(one.body, e.EditSettled):
            self._settle(one.body)
        if not isinstance(one.body, _TYPED):
            self._pending(getattr(one.body, "run_id", one.run_id)).take(one.body)

    def _forget_unsure(self) -> None:
        """Where typing is gone from the log, what an edit wrote is known only if its base is."""
        self._unsure |= {name for name, (_, made) in self._proposed.items() if not made.certain}

    def _was_typed(self, event: e.Event) -> bool:
        """Whether what an event shows was typed: a base may hold what is recorded only later."""
        return isinstance(event, d.DocumentChanged) or (isinstance(event, e.BaseKept) and self._is_open)

    @property
    def _is_open(self) -> bool:
        file = self._documents.files.get(self.path)
        return file is not None and file.is_open

    def _propose(self, one: e.Recorded, event: e.EditProposed) -> None:
        if not event.sha256:
            return  # kept for the record only: it was never sent
        made = AgentEdit(
            event.edit_id, one.run_id, event.task_id, event.role, self.path, one.at, None, None, certain=False
        )
        self._proposed[event.edit_id] = event, made
        waiting = self._pending(one.run_id).files.get(self.path)
        self._made_for(event, made, waiting.text if waiting else self.text)

    def _pending(self, run_id: RunId) -> PendingFiles:
        return self._waiting.setdefault(run_id, PendingFiles(run_id))

    def _let_in(self, one: e.Recorded, event: ChangesAccepted) -> None:
        """Take in that what waited is in the file: from here on it counts as an edit of its own."""
        file = self._pending(event.run_id).files.get(self.path)
        if file is None or event.part:
            return
        after = file.text if event.whole else file.with_accepted(event.changes).base
        makers = {self._proposed[name][1].role for name in file.edits if name in self._proposed}
        _, made = self._proposed[file.edits[-1]]
        self.landed[event.accept_id] = replace(
            made,
            edit_id=event.accept_id,
            # what several wrote together is nobody's own part
            role=made.role if len(makers) == 1 else None,
            at=one.at,
            before=file.base,
            after=after,
            certain=True,
        )
        text = self.text
        if text is not None and after is not None and file.base is not None:
            after = merge(file.base, text, after).text
        self._documents.holds(self.path, after)

    def _undone(self, event: EditsUndone) -> None:
        """Take in that an undo was taken back: what is in the file again is not the person's typing."""
        for name in event.edits if event.again else ():
            edit = self.landed.get(name)
            if edit is not None and edit.after is not None:
                self._lines.put_back(name, lines_written(edit.before or "", edit.after))

    def _made_for(self, event: e.EditProposed, made: AgentEdit, base: str | None) -> None:
        """Note what the edit does to ``base``, and whether that is the text it was made for."""
        base = None if base is None else base.removeprefix(BOM)
        removes = _takes_away(event.edit)
        after = None if removes else _result(base, event)
        certain = _is_base(event, base) and (removes or after is not None)
        self._proposed[event.edit_id] = event, replace(made, before=base, after=after, certain=certain)
        self._written[event.edit_id] = _said(event.edit) if after is None else lines_written(base or "", after)

    def _find_bases(self, event: d.DocumentChanged) -> None:
        """What was typed before an edit may be recorded after it: the text it was made for may be in there."""
        open_ones = [
            (proposed, made)
            for key, (proposed, made) in self._proposed.items()
            if key in self._written and not made.certain and key not in self.landed
        ]
        text = self.text
        for change in event.changes if open_ones and text is not None else ():
            assert text is not None
            text = changed_text(text, (change,))
            for proposed, made in open_ones:
                if proposed.base_sha256 and sha256_of(text.removeprefix(BOM)) == proposed.base_sha256:
                    self._made_for(proposed, made, text)

    def _moved_in(self, event: e.EditProposed) -> None:
        """Take in that a file was given this name: its lines keep their authors."""
        known = self._elsewhere(event.edit.path, event.edit_id)
        if known is None:
            return
        edit, lines = known
        self.landed[edit.edit_id] = replace(edit, path=self.path, before=None, after=edit.before)
        self._documents.holds(self.path, edit.before)
        self._lines = replace(lines, gone=lines.gone.copy())

    def _gone(self, edit: AgentEdit) -> None:
        """Take in that the file was removed, or has another name from here on."""
        self.moved_out[edit.edit_id] = edit, replace(self._lines)
        self._documents.holds(self.path, None)
        self._lines.become("")

    def _settle(self, event: e.EditSettled) -> None:
        outcome = event.outcome
        if outcome.edit_id not in self._proposed:
            return
        if outcome.state == "failed":
            self._failed.add(outcome.edit_id)
            self._written.pop(outcome.edit_id, None)
            self.landed.pop(outcome.edit_id, None)
            return
        if outcome.state == "pending":
            return
        self.landed[outcome.edit_id] = _as_landed(self._proposed[outcome.edit_id][1], outcome)
        if outcome.state == "confirmed":
            self._written.pop(outcome.edit_id, None)
            if _takes_away(self._proposed[outcome.edit_id][0].edit):
                self._gone(self.landed[outcome.edit_id])


_TYPED = d.DocumentOpened | d.DocumentChanged | d.DocumentSaved | d.DocumentClosed


def _as_landed(edit: AgentEdit, outcome: EditOutcome) -> AgentEdit:
    """Return an edit without the places where the person's text stayed."""
    after = edit.after
    for part in outcome.held:
        if after is not None and part.wanted and after.count(part.wanted) == 1:
            after = after.replace(part.wanted, part.base)
    return replace(edit, after=after)


def _concerns(event: e.Event, path: str) -> bool:
    if isinstance(event, e.EditProposed):
        return event.edit.path == path
    if isinstance(event, e.EditSettled):
        return event.outcome.path == path
    if isinstance(event, TypingCut):
        return any(known.path == path for known in event.documents)
    return getattr(event, "path", None) == path


def _is_note_of_a_cut(one: e.Recorded) -> bool:
    """Whether it notes later on that typing was removed: what was folded of that is known all the same."""
    return isinstance(one.body, TypingCut) and one.run_id != d.DOCUMENTS


def _renames_to(edit: FileEdit, path: str) -> bool:
    return isinstance(edit, RenameFile) and edit.to == path


def _takes_away(edit: FileEdit) -> bool:
    return isinstance(edit, DeleteFile | RenameFile)


def _result(base: str | None, event: e.EditProposed) -> str | None:
    """Return what an edit makes of a text; None when it does not fit there."""
    try:
        after = resulting_text(base, event.edit)
    except EditRefused:
        if not isinstance(event.edit, WholeFile):
            return None
        after = event.edit.text
    if sha256_of(after) == event.sha256 or base is None or not isinstance(event.edit, WholeFile):
        return after
    return with_endings_of(base, after)


def _is_base(event: e.EditProposed, base: str | None) -> bool:
    """Whether a text is the one that the edit was made for, as far as that matters to it."""
    if not event.base_sha256 or isinstance(event.edit, ReplaceBlock):
        # a block says itself what it replaces: that the log has missed a change elsewhere does no harm
        return True
    return base is not None and sha256_of(base) == event.base_sha256


def _said(edit: FileEdit) -> Counter[str]:
    """Return the lines that an edit would put in, where the text it was made for is not known."""
    if isinstance(edit, ReplaceBlock):
        return lines_written(edit.search, edit.replace)
    return lines_written("", edit.text) if isinstance(edit, WholeFile) else Counter()
