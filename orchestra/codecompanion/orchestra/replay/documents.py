"""What stood in each document at a moment: a fold of the agents' edits and of the person's recorded typing.

Pure. Every hash that an event carries is compared with the rebuilt text, and what does not fit is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from typing import Any

from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts import session_events as s
from codecompanion.contracts.edits import DeleteFile, EditOutcome, FileEdit, RenameFile, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId
from codecompanion.orchestra.edits.lines import BOM
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.workspace.texts import with_endings_of

_TYPED = d.DocumentOpened | d.DocumentChanged | d.DocumentSaved | d.DocumentClosed


@dataclass(frozen=True, slots=True)
class Document:
    """One document at a moment; ``text`` is None where there is no such file.

    ``shown_in_editor`` tells whether it was open, and so perhaps not saved; ``by_agents`` whether the run
    changed it; ``typed`` how many recorded changes it had in the editor. ``problems`` say what of it is not
    sure, and why.
    """

    path: str
    text: str | None
    shown_in_editor: bool = False
    by_agents: bool = False
    typed: int = 0
    problems: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of the text in UTF-8, empty where there is no file."""
        return "" if self.text is None else sha256_of(self.text)


def merged(history: Iterable[e.Recorded], typing: Iterable[e.Recorded]) -> Iterator[e.Recorded]:
    """Yield a run's events and the recorded typing in the order in which they came into the log."""
    return merge(history, typing, key=lambda one: one.position)


def reopened(later: Iterable[e.Recorded]) -> frozenset[str]:
    """Return the paths of which the next word is that they were opened, without having been closed before."""
    first: dict[str, bool] = {}
    for one in later:
        if isinstance(one.body, _TYPED):
            first.setdefault(one.body.path, isinstance(one.body, d.DocumentOpened))
    return frozenset(path for path, opened in first.items() if opened)


def texts_wanted(sequence: Iterable[e.Recorded]) -> frozenset[str]:
    """Return the hashes of the texts that the fold of these events will ask for."""
    return frozenset(sha256 for one in sequence for sha256 in _wanted(one.body))


def _wanted(event: e.Event) -> Iterator[str]:
    if isinstance(event, d.DocumentOpened):
        yield event.sha256
    elif isinstance(event, s.TypingCut):
        for known in event.documents:
            yield from filter(None, (known.text, known.typed, known.saved))


def documents_after(sequence: Iterable[e.Recorded], texts: Mapping[str, str]) -> dict[str, Document]:
    """Return every document that the events speak of, as it was after the last of them.

    ``texts`` has the kept texts by their hash; a missing one is a problem of its document, not an error.
    """
    fold = Documents(texts)
    for one in sequence:
        fold.take(one)
    return {path: _shown(path, file) for path, file in fold.files.items()}


@dataclass(slots=True)
class _File:
    """``text`` is what is shown, ``typed`` the editor's text as far as it was recorded, None when not open.

    The two differ for the moment in which an edit is seen in the editor and its change not yet recorded.
    ``kept`` is what the disk has of an open document.
    """

    text: str | None = None
    typed: str | None = None
    kept: str | None = None
    is_open: bool = False
    by_agents: bool = False
    changes: int = 0
    claims: dict[EditId, str | None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def _shown(path: str, file: _File) -> Document:
    problems = tuple(dict.fromkeys(file.problems))
    return Document(path, file.text, file.is_open, file.by_agents, file.changes, problems)


class Documents:
    """The fold itself, for whoever asks between two events; ``texts`` may grow meanwhile."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.files: dict[str, _File] = {}
        self._texts = texts
        self._proposed: dict[EditId, FileEdit] = {}
        self._settled: set[EditId] = set()

    def take(self, one: e.Recorded) -> None:
        """Take in the next event; those that concern no document are passed over."""
        if change := _CHANGES.get(type(one.body)):
            change(self, one.body)

    def text_of(self, path: str) -> str | None:
        """Return what a document holds now, None where there is no such file."""
        file = self.files.get(path)
        return None if file is None else file.text

    def holds(self, path: str, text: str | None) -> None:
        """Take in what a file is known to hold now; what an open document shows is known better already."""
        if self._file(path).typed is None:
            self._file(path).text = text

    def _file(self, path: str) -> _File:
        return self.files.setdefault(path, _File())

    # -- the agents' edits

    def base_kept(self, event: e.BaseKept) -> None:
        file = self._file(event.path)
        if file.typed is None or (event.text is not None and not _same(file.typed, event.text)):
            file.text = event.text

    def proposed(self, event: e.EditProposed) -> None:
        self._proposed[event.edit_id] = event.edit

    def settled(self, event: e.EditSettled) -> None:
        outcome, edit = event.outcome, self._proposed.get(event.outcome.edit_id)
        file = self._file(outcome.path) if edit else None
        if file is None or edit is None or outcome.edit_id in self._settled:
            return
        if outcome.state == "pending":
            return  # the person's file is as it was
        if outcome.state == "failed":
            self._taken_back(file, outcome)
            return
        file.by_agents = True
        if isinstance(edit, DeleteFile | RenameFile):
            self._settled.add(outcome.edit_id)
            self._moved(file, edit)
            return
        if outcome.edit_id not in file.claims:
            file.claims[outcome.edit_id] = file.text
            self._apply(file, edit, outcome)
        elif outcome.sha256 and not _has(file.text, outcome.sha256):
            file.problems.append(_differs(outcome))
        if outcome.state == "confirmed":
            self._settled.add(outcome.edit_id)
            del file.claims[outcome.edit_id]

    def _moved(self, file: _File, edit: DeleteFile | RenameFile) -> None:
        if isinstance(edit, RenameFile):
            there = self._file(edit.to)
            there.text, there.by_agents = file.text, True
        file.text = None

    def _taken_back(self, file: _File, outcome: EditOutcome) -> None:
        self._settled.add(outcome.edit_id)
        if outcome.edit_id in file.claims:
            before = file.claims.pop(outcome.edit_id)
            file.text = before if file.typed is None else file.typed

    def _apply(self, file: _File, edit: FileEdit, outcome: EditOutcome) -> None:
        """Let an edit that landed show; what the editor was recorded to show already is not done twice."""
        if outcome.sha256 and _has(file.text, outcome.sha256):
            return
        results = list(_results(file.text, edit))
        if not results and not outcome.sha256:
            # only claimed: what was really there is told when it is confirmed
            return
        if not results:
            file.problems.append(f"edit {outcome.edit_id} does not fit the text that the log has before it")
            return
        fitting = [text for text in results if _has(text, outcome.sha256)]
        if outcome.sha256 and not fitting:
            file.problems.append(_differs(outcome))
        file.text = (fitting or results)[0]

    # -- the person's typing

    def cut(self, event: s.TypingCut) -> None:
        """Begin with what the typing that is gone had come to."""
        for known in event.documents:
            file = self._file(known.path)
            file.text, file.typed, file.kept = map(self._texts.get, (known.text, known.typed, known.saved))
            file.is_open, file.changes = known.is_open, known.changes
            file.problems.extend(known.problems)
            if known.text and file.text is None:
                file.problems.append(f"the text it had ({known.text[:12]}…) is not in the log")

    def opened(self, event: d.DocumentOpened) -> None:
        file = self._file(event.path)
        text = self._texts.get(event.sha256)
        file.is_open, file.typed = True, text
        if text is None:
            file.problems.append(f"the text it was opened with ({event.sha256[:12]}…) is not in the log")
            return
        file.text = file.kept = text
        if sha256_of(text) != event.sha256:
            file.problems.append(f"the text kept as {event.sha256[:12]}… was altered")

    def changed(self, event: d.DocumentChanged) -> None:
        file = self._file(event.path)
        file.changes += 1
        if file.typed is None:
            file.problems.append("it was typed into, and the text before that is not in the log")
            return
        file.text = file.typed = changed_text(file.typed, event.changes)
        if sha256_of(file.typed) != event.sha256:
            file.problems.append(
                f"after version {event.version} in the editor the rebuilt text is not the one that was there"
            )

    def saved(self, event: d.DocumentSaved) -> None:
        file = self._file(event.path)
        if file.typed is not None and sha256_of(file.typed) != event.sha256:
            file.problems.append("what was saved is not the text that was recorded")
        file.kept = file.typed

    def closed(self, event: d.DocumentClosed) -> None:
        file = self._file(event.path)
        if file.is_open and file.typed is not None:
            file.text = file.kept
        file.is_open, file.typed = False, None


def changed_text(text: str, changes: Iterable[d.TextChange]) -> str:
    """Return ``text`` after changes in order, each against what the one before left."""
    for change in changes:
        text = f"{text[: change.start]}{change.text}{text[change.end :]}"
    return text


def _results(current: str | None, edit: FileEdit) -> Iterator[str]:
    """Yield what an edit may have come to; who applies it may keep the file's line endings or not."""
    try:
        after = resulting_text(current, edit)
    except EditRefused:
        if not isinstance(edit, WholeFile):
            return
        after = edit.text
    if isinstance(edit, WholeFile) and current is not None:
        yield with_endings_of(current, after)
    yield after


def _has(text: str | None, sha256: str) -> bool:
    """Whether the text has the hash, with or without a byte order mark: not every side counts it as text."""
    if text is None:
        return False
    bare = text.removeprefix(BOM)
    return sha256 in (sha256_of(bare), sha256_of(BOM + bare))


def _same(one: str, other: str) -> bool:
    return one.removeprefix(BOM) == other.removeprefix(BOM)


def _differs(outcome: EditOutcome) -> str:
    return (
        f"after edit {outcome.edit_id} it had another content (SHA-256 {outcome.sha256[:12]}…) than the log "
        "leads to: something else changed it, and that was not recorded"
    )


_CHANGES: dict[type, Callable[[Documents, Any], None]] = {
    s.TypingCut: Documents.cut,
    e.BaseKept: Documents.base_kept,
    e.EditProposed: Documents.proposed,
    e.EditSettled: Documents.settled,
    d.DocumentOpened: Documents.opened,
    d.DocumentChanged: Documents.changed,
    d.DocumentSaved: Documents.saved,
    d.DocumentClosed: Documents.closed,
}
