"""Everything that waits for a person, told from the log: it is there again after a restart. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from codecompanion.contracts import change_events as c
from codecompanion.contracts import events as e
from codecompanion.contracts.edits import DeleteFile, EditOutcome, FileEdit, HeldPart, RenameFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.contracts.ids import EditId, RunId
from codecompanion.orchestra.edits.preview import require_deletable, resulting_text
from codecompanion.orchestra.review.pending_files import PendingFile


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A place where the person's own text had won over an edit; ``id`` is ``edit_id#nth``."""

    run_id: RunId
    path: str
    id: str
    part: HeldPart


@dataclass(frozen=True, slots=True)
class RunReview:
    """What waits of one run."""

    run_id: RunId
    files: tuple[PendingFile, ...] = ()
    kept_back: tuple[KeptBack, ...] = ()


@dataclass(slots=True)
class PendingFiles:
    """The files of one run with what waits in them; a fold of the run's events and the decisions about it."""

    run_id: RunId
    files: dict[str, PendingFile] = field(default_factory=dict)
    kept_back: dict[str, KeptBack] = field(default_factory=dict)
    _bases: dict[str, str | None] = field(default_factory=dict)
    _edits: dict[EditId, FileEdit] = field(default_factory=dict)

    def take(self, event: e.Event) -> None:
        """Take in the next event of the run, or a decision about it."""
        if isinstance(event, e.BaseKept):
            self._bases[event.path] = event.text
        elif isinstance(event, e.EditProposed):
            self._edits[event.edit_id] = event.edit
        elif isinstance(event, e.EditSettled):
            self._settled(event.outcome)
        elif isinstance(event, c.ChangesAccepted | c.ChangesRejected) and event.run_id == self.run_id:
            self._decided(event)

    def add(self, edit_id: EditId, edit: FileEdit, base: str | None) -> PendingFile:
        """Let an edit wait; ``base`` is what its file holds if nothing waits there yet.

        Raises ``EditRefused`` where it does not fit what waits already.
        """
        text: str | None
        known = self.files.get(edit.path) or PendingFile(self.run_id, edit.path, base, base)
        if isinstance(edit, RenameFile):
            there = self.files.get(edit.to) or PendingFile(self.run_id, edit.to, None, None)
            self._put(replace(there, text=known.text, edits=(*there.edits, edit_id)))
            text = None
        elif isinstance(edit, DeleteFile):
            require_deletable(known.text, edit)
            text = None
        else:
            text = resulting_text(known.text, edit)
        return self._put(replace(known, text=text, edits=(*known.edits, edit_id)))

    def review(self) -> RunReview:
        """Return what waits."""
        return RunReview(self.run_id, tuple(self.files.values()), tuple(self.kept_back.values()))

    def _put(self, file: PendingFile) -> PendingFile:
        self.files.pop(file.path, None)
        if not file.changes_nothing:
            self.files[file.path] = file
        return file

    def _settled(self, outcome: EditOutcome) -> None:
        edit = self._edits.get(outcome.edit_id)
        if edit is None:
            return
        for nth, part in enumerate(outcome.held, 1):
            name = f"{outcome.edit_id}#{nth}"
            self.kept_back[name] = KeptBack(self.run_id, outcome.path, name, part)
        if outcome.state != "pending":
            self._landed(outcome.edit_id)
            return
        try:
            self.add(outcome.edit_id, edit, self._bases.get(outcome.path))
        except EditRefused:
            return  # it fitted when it was written; a decision since has taken away what it builds on

    def _landed(self, edit_id: EditId) -> None:
        """Take in that a waiting edit is in its file, or failed: the file's last one takes all of it along."""
        for path, file in list(self.files.items()):
            left = tuple(name for name in file.edits if name != edit_id)
            if left != file.edits:
                self.files[path] = replace(file, edits=left)
                if not left:
                    del self.files[path]

    def _decided(self, event: c.ChangesAccepted | c.ChangesRejected) -> None:
        if event.part:
            self.kept_back.pop(event.part, None)
            return
        file = self.files.get(event.path)
        if file is None:
            return
        if event.whole:
            del self.files[event.path]
        elif isinstance(event, c.ChangesAccepted):
            self._put(file.with_accepted(event.changes))
        else:
            self._put(file.with_rejected(event.changes))


def review_of(run_id: RunId, history: Iterable[e.Recorded], decisions: Sequence[e.Recorded]) -> RunReview:
    """Return what waits of a run, from its events and from what was decided, in the order of the log."""
    pending = PendingFiles(run_id)
    for one in sorted([*history, *decisions], key=lambda one: one.position):
        pending.take(one.body)
    return pending.review()
