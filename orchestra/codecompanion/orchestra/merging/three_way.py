"""Two changes of one text brought together; where they overlap, the user's text stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codecompanion.orchestra.edits.lines import ending_of, split_lines, without_ending
from codecompanion.orchestra.edits.matching import Splice
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.merging.words import merged_words


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that both changed in different ways: whole lines, ``merged.text[start:end] == user``.

    ``base`` is what both started from and ``agent`` what was wanted instead; ``line`` counts from 1.
    """

    base: str
    user: str
    agent: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Merged:
    """The text with all changes of the user and those of the agent that overlap none of them."""

    text: str
    conflicts: tuple[Conflict, ...] = ()


def merge(base: str, user: str, agent: str) -> Merged:
    """Merge the changes that ``user`` and ``agent`` made to ``base``.

    Invariants: nothing the user changed is taken back; without conflicts the order of the two does not matter;
    every line keeps its own ending. Changes overlap when they change the same line or insert at the same place,
    unless they change different words of it, or one has all lines of the other. The method is diff3's (Khanna,
    Kunal, Pierce 2007), per line and then per word.
    """
    if agent in (base, user):
        return Merged(user)
    if user == base:
        return Merged(agent)
    pieces: list[str] = []
    conflicts: list[Conflict] = []
    done = at = 0
    # a last line without a line break would run together with what the other side adds behind it
    apart = all(text.endswith("\n") for text in (base, user, agent) if text)
    end = len(base) if not apart else -1
    for region in _regions(base, line_changes(base, user), line_changes(base, agent), end):
        text, conflict = _resolved(region)
        at += region.start - done + len(text)
        pieces += [base[done : region.start], text]
        if conflict:
            conflicts.append(_placed(region, at, "".join(pieces)))
        done = region.end
    return Merged("".join([*pieces, base[done:]]), tuple(conflicts))


def merge_both(base: str, one: str, other: str) -> str:
    """Merge two changes that are both a person's: where they overlap, the lines of both stay."""
    merged = merge(base, one, other)
    text = merged.text
    for conflict in reversed(merged.conflicts):
        known = {without_ending(line) for line in split_lines(conflict.base + "\n" + conflict.user)}
        rest = [line for line in split_lines(conflict.agent) if without_ending(line) not in known]
        above = conflict.user
        if rest and above and not ending_of(split_lines(above)[-1]):
            above += "\n"
        text = text[: conflict.start] + above + "".join(rest) + text[conflict.end :]
    return text


@dataclass(frozen=True, slots=True)
class _Region:
    """A stretch of the base that one or both changed, and how it reads for each; None who left it alone."""

    start: int
    end: int
    base: str
    user: str | None
    agent: str | None


def _resolved(region: _Region) -> tuple[str, bool]:
    """Return how the region shall read, and whether that leaves out what the agent wanted."""
    if region.user is None or region.agent is None:
        return (region.agent if region.user is None else region.user) or "", False
    if region.user == region.agent or _holds(region.base, region.agent, region.user):
        return region.user, False
    if _holds(region.base, region.user, region.agent):
        return region.agent, False
    text = merged_words(region.base, region.user, region.agent)
    return (region.user, True) if text is None else (text, False)


def _holds(base: str, one: str, other: str) -> bool:
    """Whether ``other`` has every line that ``one`` changed: then its author had seen ``one``."""
    shift = 0
    places: list[tuple[int, int]] = []
    for splice in line_changes(base, one):
        start = splice.start + shift
        places.append((start, start + len(splice.new_text)))
        shift += len(splice.new_text) - (splice.end - splice.start)
    return not any(_undoes(splice, *place) for splice in line_changes(one, other) for place in places)


def _undoes(splice: Splice, start: int, end: int) -> bool:
    """Whether a change takes away some of a place, or puts something where there is nothing any more."""
    if start == end:
        return splice.start <= start <= splice.end
    return splice.start < splice.end and splice.start < end and start < splice.end


def _placed(region: _Region, end: int, text: str) -> Conflict:
    user = region.user or ""
    start = end - len(user)
    line = len(split_lines(text[:start])) + 1
    return Conflict(region.base, user, region.agent or "", start, end, line)


def _regions(base: str, user: list[Splice], agent: list[Splice], open_end: int) -> Iterator[_Region]:
    """Yield the changed stretches in order; changes that overlap, even by others, share one.

    Those that end at ``open_end`` always overlap.
    """
    changes = [(splice, True) for splice in user] + [(splice, False) for splice in agent]
    changes.sort(key=lambda change: (change[0].start, change[0].end))
    cluster: list[tuple[Splice, bool]] = []
    start = end = 0
    for splice, users in changes:
        if cluster and not _overlap(start, end, splice, open_end):
            yield _region(base, start, end, cluster)
            cluster = []
        if not cluster:
            start = splice.start
        cluster.append((splice, users))
        end = max(end, splice.end)
    if cluster:
        yield _region(base, start, end, cluster)


def _overlap(start: int, end: int, splice: Splice, open_end: int) -> bool:
    if end == splice.end == open_end:
        return True
    if start == end == splice.start == splice.end:
        return True
    return start < splice.end and splice.start < end


def _region(base: str, start: int, end: int, cluster: Sequence[tuple[Splice, bool]]) -> _Region:
    user, agent = (
        _applied(base, start, end, [splice for splice, users in cluster if users is side])
        for side in (True, False)
    )
    return _Region(start, end, base[start:end], user, agent)


def _applied(base: str, start: int, end: int, splices: Sequence[Splice]) -> str | None:
    if not splices:
        return None
    pieces: list[str] = []
    for splice in splices:
        pieces += [base[start : splice.start], splice.new_text]
        start = splice.end
    return "".join([*pieces, base[start:end]])
