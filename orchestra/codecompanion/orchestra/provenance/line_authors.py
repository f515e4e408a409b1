"""The author of each line of a text, carried along as the text changes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from codecompanion.contracts.ids import EditId
from codecompanion.orchestra.edits.lines import split_lines, without_ending
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.provenance.layout import same_but_for_layout, same_words

PERSON = "person"
Author = EditId | None
"""The edit by which an agent wrote a line, or ``PERSON`` for what was typed in the editor.

None is everyone else: whatever changed the file outside the editor, and what stood in it before.
"""

_LEAST_SIGNS = 4
"""Letters and digits from which on a line that is gone can be known again elsewhere; a brace cannot."""
_MOST_GONE = 20_000


@dataclass(slots=True)
class Gone:
    """Lines that were removed, by what they say, with their authors: they may come back, or be elsewhere."""

    authors: dict[str, list[Author]] = field(default_factory=dict)

    def add(self, line: str, author: Author) -> None:
        """Remember a line that was removed."""
        key = line.strip()
        if _tells(key):
            self.authors.setdefault(key, []).append(author)

    def has(self, line: str) -> bool:
        """Whether such a line was removed and has not come back."""
        return bool(self.authors.get(line.strip()))

    def take(self, line: str) -> tuple[bool, Author]:
        """Return whether such a line was removed, and by whom it was; it is not given out twice."""
        known = self.authors.get(line.strip())
        return (True, known.pop()) if known else (False, None)

    def add_all(self, others: "Gone") -> None:
        """Remember others besides."""
        for line, authors in others.authors.items():
            if authors:
                self.authors.setdefault(line, []).extend(authors)
        while len(self.authors) > _MOST_GONE:
            del self.authors[next(iter(self.authors))]

    def copy(self) -> "Gone":
        """Return it for a change that is only tried."""
        return Gone({line: [*authors] for line, authors in self.authors.items()})


@dataclass(frozen=True, slots=True)
class _Block:
    """Old lines ``first`` to ``last`` that became ``lines``."""

    first: int
    last: int
    lines: list[str]


@dataclass(slots=True)
class LineAuthors:
    """A text with one author a line, as `split_lines` counts them; ``gone`` has what was removed before.

    Lines that change keep their author where only their layout changes, and where they are moved: removed in
    one place and whole lines of the same words put in at another.
    """

    text: str = ""
    authors: list[Author] = field(default_factory=list)
    gone: Gone = field(default_factory=Gone)

    def become(
        self, text: str, written: dict[EditId, Counter[str]] | None = None, *, typed: bool = False
    ) -> None:
        """Take in the text's next state; ``written`` has what agents are about to write, and is used up.

        ``typed`` says that it came about by a person's typing: what is then put over words of their own is
        typed, even where an agent had said the same before.
        """
        olds, moved = split_lines(self.text), Gone()
        blocks = list(_blocks(self.text, text))
        for block in blocks:
            for number in range(block.first, block.last):
                moved.add(olds[number], self.authors[number])
        known = _Known(moved, written or {}, self.gone, PERSON if typed else None)
        authors: list[Author] = []
        done = 0
        for block in blocks:
            authors += self.authors[done : block.first]
            authors += self._authors_of(block, olds, known, typed=typed)
            done = block.last
        self.authors = authors + self.authors[done:]
        self.text = text
        self.gone.add_all(moved)

    def put_back(self, edit_id: EditId, written: Counter[str]) -> None:
        """Take in that an edit that had been undone is in the text again, as a change that seemed typed."""
        left = Counter(written)
        for number, line in enumerate(split_lines(self.text)):
            said = without_ending(line)
            if left[said] > 0 and self.authors[number] in (None, PERSON) and _tells(line):
                left[said] -= 1
                self.authors[number] = edit_id

    def with_text(self, text: str, *, typed: bool = False) -> list[Author]:
        """Return the authors of another text that this one has become, without taking that in."""
        if text == self.text:
            return self.authors
        tried = replace(self, gone=self.gone.copy())
        tried.become(text, typed=typed)
        return tried.authors

    def _authors_of(self, block: _Block, olds: list[str], known: "_Known", *, typed: bool) -> list[Author]:
        old = olds[block.first : block.last]
        kept = {new: block.first + at for at, new in same_but_for_layout(old, block.lines)}
        for at in set(kept.values()):
            known.moved.take(olds[at])
        typed_by = (self.authors[block.first + at] for at, line in enumerate(old) if line.strip())
        typed_over = typed and any(author in (None, PERSON) for author in typed_by)
        stood = "".join(old)
        found: list[Author] = []
        for at, line in enumerate(block.lines):
            may_return = not typed_over or line.strip() in stood
            if at in kept and (same_words(olds[kept[at]], line) or not (may_return and known.gone.has(line))):
                found.append(self.authors[kept[at]])
            else:
                found.append(known.author_of(line, may_return=may_return))
        return list(_filled(block.lines, found))


@dataclass(frozen=True, slots=True)
class _Known:
    """Where the author of a line may be known from, the surest first; ``other`` is whoever else it is."""

    moved: Gone
    written: dict[EditId, Counter[str]]
    gone: Gone
    other: Author

    def author_of(self, line: str, *, may_return: bool) -> Author:
        was_moved, author = self.moved.take(line)
        if was_moved:
            return author
        said = without_ending(line)
        for edit_id in reversed(self.written):
            if self.written[edit_id][said] > 0:
                self.written[edit_id][said] -= 1
                return edit_id
        came_back, author = self.gone.take(line) if may_return else (False, self.other)
        return author if came_back else self.other


def _filled(lines: list[str], authors: list[Author]) -> Iterator[Author]:
    """Yield the authors; what tells nothing, such as a brace between two lines of one edit, is of that edit."""
    for at, (line, author) in enumerate(zip(lines, authors, strict=True)):
        if author in (None, PERSON) and not _tells(line) and 0 < at < len(lines) - 1:
            before = next((authors[n] for n in range(at - 1, -1, -1) if _tells(lines[n])), None)
            after = next((authors[n] for n in range(at + 1, len(lines)) if _tells(lines[n])), None)
            yield before if before == after else author
        else:
            yield author


def lines_written(before: str, after: str) -> Counter[str]:
    """Return the lines that a change puts in, without their endings."""
    blocks = _blocks(before, after)
    return Counter(without_ending(line) for block in blocks for line in block.lines)


def _blocks(before: str, after: str) -> Iterator[_Block]:
    for splice in line_changes(before, after):
        first = _count(before[: splice.start])
        yield _Block(
            first, first + len(split_lines(before[splice.start : splice.end])), split_lines(splice.new_text)
        )


def _count(text: str) -> int:
    """Return how many lines end in the text."""
    if "\r" not in text:
        return text.count("\n")
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _tells(line: str) -> bool:
    return sum(map(str.isalnum, line)) >= _LEAST_SIGNS
