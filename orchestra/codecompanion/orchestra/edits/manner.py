"""In whose manner a block's new lines are written, where its old lines differ from the text they match.

A model that shows old lines with other indentation or quotes than the file's mostly writes its new lines the
same way; then they must be brought into the file's manner. But it may have written only the old lines from
memory, and the new ones as they shall be. The lines both parts share tell which; where they do not, and it
matters, the block is refused.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.alignment import Run, aligned
from codecompanion.orchestra.edits.indents import Indents, indentation, width
from codecompanion.orchestra.edits.ladder import CURLY, FOLDS, Place, Rung, folded

_QUOTING = frozenset(FOLDS) | {"'", '"'}
_UNCLEAR = "copy the search lines exactly from the file and send the block again"


@dataclass(frozen=True, slots=True)
class Matched:
    """A block's old lines, the bare lines of the text they match, and its new lines.

    ``unit`` is how many columns one step of indentation takes in the file.
    """

    wanted: list[str]
    found: list[str]
    new: list[str]
    place: Place
    is_hunk: bool = False
    unit: int = 0

    @property
    def runs(self) -> list[Run]:
        """How the old lines become the new ones."""
        return list(aligned(self.wanted, self.new))


def in_file_manner(block: Matched) -> Matched:
    """Return the block with its old lines as the file has them, and its new lines to suit.

    Raises ``EditRefused`` when two readings of the new lines are possible.
    """
    if block.place.rung is Rung.EXACT or not block.new:
        return block
    if not _is_like_the_search(block):
        return Matched(block.found, block.found, block.new, block.place)
    indents, quotes = _indents_of_new_lines(block), _quotes_of_new_lines(block)
    _refuse_unclear_steps(block, indents)
    trailing = any(want != want.rstrip() == have for want, have in _pairs(block))
    new: list[str] = []
    for run in block.runs:
        lines = block.new[run.new_first : run.new_last]
        if run.kept:
            new += block.found[run.first : run.last]
            continue
        written = [quotes(indents.placed(line)) for line in lines]
        new += [line.rstrip() for line in written] if trailing else written
    return Matched(block.found, block.found, new, block.place)


def _pairs(block: Matched) -> Iterable[tuple[str, str]]:
    return zip(block.wanted, block.found, strict=True)


def _is_like_the_search(block: Matched) -> bool:
    """Return whether the new lines share what the old ones have otherwise than the file."""
    depth = _depth_vote(block)
    votes = _votes(block) | depth | _quotes_vote(block)
    if votes == {True, False} and False not in depth and _keeps_other_lines(block):
        return True
    if votes == {True, False}:
        raise EditRefused(
            f"the search lines differ from the file in {block.place.rung}, and the replace lines fit partly "
            f"the one and partly the other; {_UNCLEAR}"
        )
    if votes or block.place.indents.same:
        return votes != {False}
    raise EditRefused(
        f"the search lines differ from the file in indentation, and how the replace lines are meant to be "
        f"indented cannot be told; {_UNCLEAR}"
    )


def _votes(block: Matched) -> set[bool]:
    """Return for lines that stand in both parts: like the search lines (True), like the file (False)."""
    rung = block.place.rung
    searched: dict[str, set[str]] = {}
    there: dict[str, set[str]] = {}
    for want, have in _pairs(block):
        key = folded(want, rung)
        searched.setdefault(key, set()).add(want.rstrip())
        there.setdefault(key, set()).add(have.rstrip())
    votes = set()
    for line in block.new:
        key, bare = folded(line, rung), line.rstrip()
        if not key or searched.get(key) == there.get(key):
            continue
        if (like_search := bare in searched[key]) != (bare in there[key]):
            votes.add(like_search)
    return votes


def _keeps_other_lines(block: Matched) -> bool:
    """Whether several lines that differ from the file stand in both parts: then both are written alike.

    A single new line may still happen to be indented as the file is, where lines are put a step deeper.
    """
    kept = [at for run in block.runs if run.kept for at in range(run.first, run.last)]
    return sum(block.wanted[at].rstrip() != block.found[at].rstrip() for at in kept) > 1


def _depth_vote(block: Matched) -> set[bool]:
    """Return what the shallowest new line tells: a block mostly begins as deep as what it replaces."""
    pairs = block.place.indents.pairs
    depths = [width(indentation(line)) for line in block.new if line.strip()]
    if not pairs or not depths:
        return {True} if not depths else set()
    search, file = (width(indent) for indent in pairs[0])
    if search == file or min(depths) not in {search, file}:
        return set()
    return {min(depths) == search}


def _quotes_vote(block: Matched) -> set[bool]:
    """Return False where the new lines that change have the file's quotes in the file's order."""
    runs = [run for run in block.runs if not run.kept]
    searched = [char for run in runs for line in block.wanted[run.first : run.last] for char in _quoting(line)]
    there = [char for run in runs for line in block.found[run.first : run.last] for char in _quoting(line)]
    new = [char for run in runs for line in block.new[run.new_first : run.new_last] for char in _quoting(line)]
    return {False} if len(new) > 1 and new == there != searched else set()


def _indents_of_new_lines(block: Matched) -> Indents:
    """Return how new lines are placed; in a hunk its removed lines tell, for its context may lack its sign."""
    indents = block.place.indents
    if not block.is_hunk or indents.same:
        return indents
    changed = [at for run in block.runs if not run.kept for at in range(run.first, run.last)]
    told = Indents.between([block.wanted[at] for at in changed], [block.found[at] for at in changed])
    if told and any(want or have for want, have in told.pairs):
        return told if told.same else indents
    if all(have == want + " " for want, have in indents.pairs):
        return _indents_without_signs(block)
    return indents


def _indents_without_signs(block: Matched) -> Indents:
    """Return how lines are placed among context that is one space short: its sign was forgotten, or a space."""
    added = [line for line in block.new if line.strip() and line not in block.wanted]
    unit = block.unit or 1
    as_they_are = {width(indentation(line)) % unit == 0 for line in added}
    shifted = {(width(indentation(line)) + 1) % unit == 0 for line in added}
    if unit > 1 and as_they_are == {True}:
        return Indents()
    if unit > 1 and shifted == {True}:
        return block.place.indents
    raise EditRefused(f"the lines of context are one space short, the new ones perhaps not; {_UNCLEAR}")


def _refuse_unclear_steps(block: Matched, indents: Indents) -> None:
    changed = [line for run in block.runs if not run.kept for line in block.new[run.new_first : run.new_last]]
    if not indents.is_clear_for(changed, block.unit):
        raise EditRefused(f"the search lines are indented in other steps than the file; {_UNCLEAR}")


def _quotes_of_new_lines(block: Matched) -> Callable[[str], str]:
    """Return what writes a new line with the file's quotes, spaces and dashes."""
    if block.place.rung in {Rung.TRAILING, Rung.INDENTATION}:
        return lambda line: line
    meant = _meant_characters(block)
    differing = {char: others for char, others in meant.items() if others != {char}}
    changed = [line for run in block.runs if not run.kept for line in block.new[run.new_first : run.new_last]]
    if block.place.rung is Rung.SPACING:
        _refuse_other_spacing(block, changed)
    sure = True in _votes(block)
    used = {char for line in changed for char in line if char in differing}
    for char in sorted(used):
        others = differing[char]
        plainly = FOLDS.get(char) in others and not any(FOLDS[char] in line for line in changed)
        if len(others) > 1 or not (sure or plainly):
            raise EditRefused(
                f"the search lines have {char!r} where the file has {', '.join(map(repr, sorted(others)))}, "
                f"and which of them the replace lines mean cannot be told; {_UNCLEAR}"
            )
    table: dict[int, str] = {ord(char): next(iter(differing[char])) for char in used}
    table |= _other_curly_quotes(meant, changed)
    return lambda line: line.translate(table)


def _other_curly_quotes(meant: dict[str, set[str]], changed: list[str]) -> dict[int, str]:
    """Return what curly quotes of the new lines mean where the old lines have other ones for straight ones.

    Raises ``EditRefused`` where the old lines have the straight one as well.
    """
    folded_quotes = {char for char, others in meant.items() if char in CURLY and FOLDS[char] in others}
    strange = {char for line in changed for char in line if char in CURLY and char not in meant}
    if folded_quotes and any(FOLDS[char] in meant for char in strange):
        raise EditRefused(
            f"the file has straight quotes where the search lines have curly ones, and whether "
            f"{min(strange)!r} in the replace lines is meant cannot be told; {_UNCLEAR}"
        )
    return {ord(char): FOLDS[char] for char in strange} if folded_quotes else {}


def _meant_characters(block: Matched) -> dict[str, set[str]]:
    """Return, for each quote, dash or space of the old lines, what the file has in its place."""
    meant: dict[str, set[str]] = {}
    for want, have in _pairs(block):
        left, right = _quoting(want), _quoting(have)
        if len(left) == len(right):
            for char, other in zip(left, right, strict=True):
                meant.setdefault(char, set()).add(other)
        else:
            for char in left:
                meant.setdefault(char, set()).add(char if char in have else FOLDS.get(char, char))
    return meant


def _quoting(line: str) -> list[str]:
    kinds = {"'", '"', "-"}
    return [char for char in line if char in _QUOTING or char in kinds]


def _refuse_other_spacing(block: Matched, changed: list[str]) -> None:
    """Refuse new lines that may be spaced like the search lines; where only doubled ones differ, they show."""
    old = [at for run in block.runs if not run.kept for at in range(run.first, run.last)]
    doubled = all(" ".join(block.wanted[at].split()) == block.found[at].strip() for at in old)
    strange = "  " if doubled else " "
    if any(strange in line.strip() for line in changed):
        raise EditRefused(f"the search lines are spaced unlike the file; {_UNCLEAR}")
