"""A file with changes that wait, and the places in which they change it. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import unified_diff
from functools import cached_property

from codecompanion.contracts.document_events import TextChange
from codecompanion.contracts.edits import DeleteFile, FileEdit, WholeFile
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId, RunId
from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.merging.three_way import merge
from codecompanion.orchestra.replay.documents import changed_text


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place of a change: whole lines ``removed`` become ``added``.

    ``id`` is told from what it says, so that it stays the same while others are let in or turned down.
    ``line`` counts from 1 in the file as it is without the change, ``new_line`` in the file with all of it;
    ``start`` and ``new_start`` are the same places in characters.
    """

    id: str
    line: int
    new_line: int
    start: int
    new_start: int
    removed: str
    added: str

    @property
    def accepted(self) -> TextChange:
        """The change that lets it in, of the text without it."""
        return TextChange(start=self.start, end=self.start + len(self.removed), text=self.added)

    @property
    def rejected(self) -> TextChange:
        """The change that takes it out, of the text with it."""
        return TextChange(start=self.new_start, end=self.new_start + len(self.added), text=self.removed)


@dataclass(frozen=True)
class PendingFile:
    """What waits in one file: ``base`` would become ``text``; None stands for no file.

    ``base`` is the text the run's work on the file began with, and what was let in since.
    """

    run_id: RunId
    path: str
    base: str | None
    text: str | None
    edits: tuple[EditId, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether nothing waits any more."""
        return self.base == self.text

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """The places of the change, from top to bottom; none where a file is made or removed as a whole."""
        if self.base is None or self.text is None:
            return ()
        found: list[Hunk] = []
        same: Counter[str] = Counter()
        shift = 0
        for splice in line_changes(self.base, self.text):
            removed = self.base[splice.start : splice.end]
            said = f"{removed}\0{splice.new_text}"
            name = sha256_of(f"{self.path}\0{same[said]}\0{said}")[:8]
            same[said] += 1
            new_start = splice.start + shift
            lines = (_line(self.base, splice.start), _line(self.text, new_start))
            found.append(Hunk(name, *lines, splice.start, new_start, removed, splice.new_text))
            shift += len(splice.new_text) - len(removed)
        return tuple(found)

    def with_accepted(self, changes: Iterable[TextChange]) -> "PendingFile":
        """Return what still waits once some of it is in the file."""
        return replace(self, base=_changed(self.base, changes))

    def with_rejected(self, changes: Iterable[TextChange]) -> "PendingFile":
        """Return what still waits once some of it is taken out."""
        return replace(self, text=_changed(self.text, changes))

    def merged_into(self, current: str) -> str:
        """Return what the person's file would read like with all of it; their text stays where they collide."""
        return merge(self.base or "", current, self.text or "").text

    def present_in(self, current: str) -> tuple[Hunk, ...]:
        """Return the places that the person's file shows already, however they came to be there."""
        if self.base is None or self.text is None or current == self.base:
            return ()
        return tuple(hunk for hunk in self.hunks if _shows(self.base, current, hunk))

    def diff(self) -> list[str]:
        """Return the change as lines of a unified diff."""
        olds, news = (split_lines(text or "") for text in (self.base, self.text))
        names = (
            "/dev/null" if self.base is None else self.path,
            "/dev/null" if self.text is None else self.path,
        )
        return [line.rstrip("\r\n") for line in unified_diff(olds, news, *names)]


def landing_edit(path: str, base: str | None, text: str | None) -> FileEdit:
    """Return the edit that brings ``text`` into a file whose change began at ``base``."""
    if text is None:
        return DeleteFile(path=path, text=base)
    return WholeFile(path=path, text=text, new=base is None, exact=True)


def _shows(base: str, current: str, hunk: Hunk) -> bool:
    wanted = merge(base, current, changed_text(base, (hunk.accepted,)))
    return not wanted.conflicts and wanted.text == current


def _changed(text: str | None, changes: Iterable[TextChange]) -> str | None:
    # from the end on: each is in terms of the text before any of them
    ordered = sorted(changes, key=lambda change: -change.start)
    return text if text is None else changed_text(text, ordered)


def _line(text: str, at: int) -> int:
    return len(split_lines(text[:at])) + 1
