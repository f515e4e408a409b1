"""The whole file or search/replace block that is being read, and the fences around prose."""

from dataclasses import dataclass, field

from codecompanion.contracts.edits import ReplaceBlock, WholeFile
from codecompanion.orchestra.edits.reply_grammar import Fence, divider

STRAY_MARKER = (
    "a closing marker stands outside of a block; where the text itself has markers, use 9 characters in all "
    "markers of the block"
)
_LITERAL_RUN = 8


@dataclass(slots=True)
class NamedFile:
    """A file's name that the next line may use; ``at`` is its line in the prose."""

    path: str
    labelled: bool
    at: int


@dataclass(slots=True)
class ProseFence:
    """A fence that is no file. Its opening line is prose, unless the first thing in it is an edit."""

    fence: Fence
    opened_at: int
    shown: bool = True
    pristine: bool = True


@dataclass(slots=True)
class OpenFile:
    """A whole file whose closing fence has not come."""

    path: str
    fence: Fence
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    blank: bool = True

    def take(self, line: str) -> WholeFile | None:
        """Add a line; return the file when the line closes it."""
        if self.fence.is_closed_by(line):
            if self.depth == 0:
                return WholeFile(path=self.path, text="".join(self.lines))
            self.depth -= 1
        elif self.fence.has_nested(line):
            self.depth += 1
        self.blank = self.blank and not line.strip()
        self.lines.append(line.removeprefix(self.fence.indent) + "\n")
        return None

    def complaint(self) -> str:
        """Return what to say when the reply ended inside it."""
        return (
            f"the answer ended inside the file {self.path!r}, before its closing line "
            f"{self.fence.closing_line()}; nothing of it was used, send the whole file again"
        )


@dataclass(slots=True)
class OpenBlock:
    """A search/replace block whose last marker has not come; ``run`` is its opening marker's length."""

    path: str
    run: int
    lines: list[str] = field(default_factory=list)

    @property
    def literal(self) -> bool:
        """Whether only markers of the opening's own length count."""
        return self.run >= _LITERAL_RUN

    def ends_with(self, run: int) -> bool:
        """Whether a marker of this length (0: none) counts as one in this block."""
        return run == self.run or (run > 0 and not self.literal)

    def finished(self) -> ReplaceBlock | str:
        """Return the block, or the complaint when it cannot be one."""
        at = self._divider_index()
        if not self.path:
            return "a search/replace block names no file; put a line FILE: <path> above it"
        if at is None:
            return (
                f"a search/replace block for {self.path!r} needs exactly one line {'=' * self.run} between "
                f"its old and new lines; where the text itself has such a line, use 9 characters in all markers"
            )
        search, replace = _joined(self.lines[:at]), _joined(self.lines[at + 1 :])
        return ReplaceBlock(path=self.path, search=search, replace=replace)

    def complaint(self) -> str:
        """Return what to say when no closing marker came."""
        return (
            f"a search/replace block for {self.path or 'an unnamed file'!r} has no closing line "
            f"{'>' * self.run} REPLACE; nothing of it was used, send the whole block again"
        )

    def _divider_index(self) -> int | None:
        """Return where the old lines end, None when no line or no single line can be the divider."""
        runs = {index: run for index, line in enumerate(self.lines) if (run := divider(line))}
        exact = [index for index, run in runs.items() if run == self.run]
        candidates = exact or ([] if self.literal else list(runs))
        return candidates[0] if len(candidates) == 1 else None


def ended_within(path: str) -> str:
    """Return what to say of a patch whose last line comes after its fence was closed."""
    return (
        f"a line that closes the fence stands within the patch of {path!r}: its last piece was not used; "
        "send it again in a fence of more backticks"
    )


def _joined(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)
