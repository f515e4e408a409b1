"""The lines of one hunk of a diff or patch while they come, and the block they make."""

from dataclasses import dataclass, field

from codecompanion.contracts.edits import PlaceHints, ReplaceBlock
from codecompanion.orchestra.edits.diff_grammar import HunkHeader

# lines by which a hunk that ends with context may be short of its count: models count badly
_MISCOUNTED = 3


@dataclass(slots=True)
class Hunk:
    """One hunk: its ``lines`` are (sign, text), the sign one of " ", "-" and "+"."""

    path: str
    header: HunkHeader = field(default_factory=HunkHeader)
    anchors: tuple[str, ...] = ()
    lines: list[tuple[str, str]] = field(default_factory=list)
    at_end: bool = False
    bare_ends: set[str] = field(default_factory=set)

    def take(self, line: str) -> None:
        """Add a line; one whose sign was forgotten counts as context."""
        if line.rstrip("\r"):
            sign = line[0] if line[0] in " +-" else ""
            self.lines.append((sign or " ", line[len(sign) :]))
        else:
            self.lines.append((" ", ""))

    def end_without_newline(self) -> None:
        """Note git's remark that the last line, of its side, ends the file without a newline."""
        self.at_end = True
        if self.lines:
            sign = self.lines[-1][0]
            self.bare_ends |= {"-", "+"} if sign == " " else {sign}

    @property
    def changes(self) -> bool:
        """Whether a line is added or removed."""
        return any(sign != " " for sign, _ in self.lines)

    def count(self, sign: str) -> int:
        """Return how many lines the old ("-") or new ("+") side has."""
        return sum(one in {" ", sign} for one, _ in self.lines)

    @property
    def fits(self) -> bool:
        """Whether the counts of the header are those of the lines."""
        return (self.count("-"), self.count("+")) == (self.header.old_count, self.header.new_count)

    @property
    def wants_more(self) -> bool:
        """Whether the header promises more lines on either side."""
        return self.count("-") < (self.header.old_count or 0) or self.count("+") < (self.header.new_count or 0)

    def wants(self, sign: str) -> bool:
        """Whether the header promises one more line of the old ("-") or new ("+") side."""
        promised = self.header.old_count if sign == "-" else self.header.new_count
        return promised is not None and self.count(sign) < promised

    def may_be_cut_off(self, *, line_ended: bool) -> bool:
        """Whether the reply may have ended before this hunk did; nothing but its counts and context tells."""
        if self.at_end or self.fits:
            return False
        if self.lines and self.lines[-1][0] == " ":
            short = (
                (self.header.old_count or 0) - self.count("-"),
                (self.header.new_count or 0) - self.count("+"),
            )
            return max(short) > _MISCOUNTED
        return self.wants_more or not (line_ended and self.header.old_count is None)

    def side(self, sign: str) -> str:
        """Return the text of the old ("-") or new ("+") side."""
        return "".join(f"{text}\n" for one, text in self.lines if one in {" ", sign})

    def drop_blank_end(self) -> None:
        """Take blank lines at the end for space before what follows, unless the counts need them."""
        while self.lines and self.lines[-1] == (" ", "") and not self.fits:
            self.lines.pop()

    def block(self, source: str, shift: int) -> ReplaceBlock:
        """Return the hunk as a block; ``shift`` is by how many lines the hunks before it made the file longer.

        The header's line counts only where all its numbers agree with the lines: then a program wrote it.
        """
        header = self.header
        sure = self.fits and header.old_start is not None and header.new_start == header.old_start + shift
        hints = PlaceHints(
            source="diff" if source == "diff" else "patch",
            line=header.new_start if sure else None,
            heading=header.heading,
            anchors=self.anchors,
            at_end=self.at_end,
            final_newline=self._final_newline(),
        )
        return ReplaceBlock(path=self.path, search=self.side("-"), replace=self.side("+"), hints=hints)

    def _final_newline(self) -> bool | None:
        return None if len(self.bare_ends) != 1 else self.bare_ends == {"-"}
