"""Which lines of which files the agents at work have taken for themselves, until their tasks end."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.edits.matching import Splice
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.merging.three_way import Conflict

Holder = str
"""Whoever holds leases: one task of one run."""
Span = tuple[int, int]
"""Characters from the first to before the second; both the same for a place between two lines."""

LONGEST_WAIT = 60.0
"""Seconds; whoever waited as long goes on: what overlaps is then merged like any other change."""

MOST_FILES = 200
"""Files remembered beyond those that someone holds lines of."""


@dataclass(slots=True)
class _File:
    """The leases of one file as spans of ``text``, and whose edits wrote and removed which lines of it."""

    text: str
    spans: dict[Holder, list[Span]] = field(default_factory=lambda: defaultdict(list))
    changed: dict[Holder, set[str]] = field(default_factory=lambda: defaultdict(set))


class Leases:
    """Orders agents that want the same lines; those that want different ones never wait for each other.

    A lease is taken line by line with each edit and ends with the holder's task. Nobody waits in a circle, and
    nobody longer than ``longest_wait``: leases keep agents from working against each other, and it is merging
    that keeps them from overwriting each other. For one loop; no method blocks.
    """

    def __init__(self, longest_wait: float = LONGEST_WAIT) -> None:
        self._longest_wait = longest_wait
        self._files: dict[str, _File] = {}
        self._waiting: dict[Holder, list[frozenset[Holder]]] = defaultdict(list)
        self._freed = asyncio.Event()

    def take(self, holder: Holder, path: str, text: str, changes: Iterable[Splice]) -> frozenset[Holder]:
        """Take the lines that ``changes`` of ``text``, the file's present text, change.

        Returns who holds some of them: then nothing was taken. Empty when they are the holder's now.
        """
        file = self._moved_to(path, text)
        wanted = [(splice.start, splice.end) for splice in changes]
        blocking = frozenset(
            other
            for other, spans in file.spans.items()
            if other != holder and any(_overlap(one, two) for one in spans for two in wanted)
        )
        if not blocking:
            file.spans[holder] += wanted
        return blocking

    async def wait_for(self, holder: Holder, others: frozenset[Holder]) -> bool:
        """Wait until one of them is done; returns False at once where that would be a circle, or in the end."""
        if any(self._waits_for(other, holder) for other in others):
            return False
        self._waiting[holder].append(others)
        try:
            async with asyncio.timeout(self._longest_wait):
                while all(self._holds_any(other) for other in others):
                    await self._freed.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting[holder].remove(others)
        return True

    def landed(self, holder: Holder, path: str, before: str, after: str) -> None:
        """Take in that an edit of the holder made ``after`` of the file."""
        file = self._moved_to(path, before)
        for splice in line_changes(before, after):
            file.changed[holder].update(split_lines(before[splice.start : splice.end] + splice.new_text))
        self._moved_to(path, after)

    def between_agents(self, holder: Holder, path: str, conflicts: Sequence[Conflict]) -> bool:
        """Whether it was other holders alone that changed the lines an edit of this one conflicts with."""
        file = self._files.get(path)
        if file is None or not conflicts:
            return False
        theirs = set().union(*(lines for other, lines in file.changed.items() if other != holder))
        return all(_changed_lines(conflict) <= theirs for conflict in conflicts)

    def release(self, holder: Holder) -> None:
        """End all leases of a holder, whose task is over; what its edits changed is remembered for a while."""
        for file in self._files.values():
            file.spans.pop(holder, None)
        idle = [path for path, file in self._files.items() if not file.spans]
        for path in idle[: max(0, len(idle) - MOST_FILES)]:
            del self._files[path]
        self._freed.set()
        self._freed = asyncio.Event()

    def held(self, path: str) -> dict[Holder, list[Span]]:
        """Return the leases of a file, as spans of the text it was last seen with."""
        file = self._files.get(path)
        return {} if file is None else {holder: list(spans) for holder, spans in file.spans.items() if spans}

    def _moved_to(self, path: str, text: str) -> _File:
        """Let a file's spans follow whatever changed the file since they were looked at."""
        file = self._files.setdefault(path, _File(text))
        if file.text != text:
            changes = line_changes(file.text, text)
            for spans in file.spans.values():
                spans[:] = [_moved(span, changes) for span in spans]
            file.text = text
        return file

    def _holds_any(self, holder: Holder) -> bool:
        return any(holder in file.spans for file in self._files.values())

    def _waits_for(self, one: Holder, other: Holder, asked: Collection[Holder] = ()) -> bool:
        """Whether ``one`` waits for ``other``, or for someone who does."""
        if one in asked:
            return False
        waited_for = {name for names in self._waiting.get(one, ()) for name in names}
        return other in waited_for or any(self._waits_for(name, other, {*asked, one}) for name in waited_for)


def _overlap(one: Span, two: Span) -> bool:
    if one == two:
        return True
    return one[0] < two[1] and two[0] < one[1]


def _moved(span: Span, changes: Sequence[Splice]) -> Span:
    """Return where a span is after changes; one that is changed itself takes the change in."""
    start, end = span
    moved_start, moved_end = start, end
    for change in changes:
        grown = len(change.new_text) - (change.end - change.start)
        if change.end <= start and (change.start, change.end) != span:
            moved_start, moved_end = moved_start + grown, moved_end + grown
        elif change.start < end or (change.start, change.end) == span:
            moved_start -= max(0, start - change.start)
            moved_end += grown + max(0, change.end - end)
            start, end = min(start, change.start), max(end, change.end)
    return moved_start, moved_end


def _changed_lines(conflict: Conflict) -> set[str]:
    return set(split_lines(conflict.base)) ^ set(split_lines(conflict.user))
