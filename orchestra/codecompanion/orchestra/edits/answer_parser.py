"""Reads whole files and search/replace blocks out of a model's streamed reply, line by line.

The formats:

- A whole file: a line ``FILE: path`` (or a heading or line that is only a path), then, blank lines aside, a
  fence of three or more backticks or tildes, the text, and a line of exactly the same fence. It is complete
  with that line; a reply that ends on the fence without a newline completes it at ``close``. The text always
  ends with a newline unless it is empty. Shorter and longer fences inside are text; so is a balanced inner
  fence of the same length that opens with a language.
- A search/replace block: ``<<<<<<< SEARCH``, old lines, ``=======``, new lines, ``>>>>>>> REPLACE``, in a
  fence or not, for the file named last. Runs of 5 to 9 characters are taken. With a run of 8 or 9 every
  other marker must have the same length, so that text about markers can be quoted. The divider is the only
  ``=`` line as long as the opening run, else the only ``=`` line; with several the block is refused.
- A fence whose first line with text is a SEARCH marker holds blocks, also below ``FILE:``.

Anything else is prose. What is cut off, or unclear, becomes a complaint, never a partial edit.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from codecompanion.contracts.edits import FileEdit, ReplaceBlock, WholeFile
from codecompanion.orchestra.edits.reply_grammar import (
    Fence,
    bare_path,
    divider,
    fence_in,
    labelled_path,
    replace_marker,
    search_marker,
)

_LITERAL_RUN = 8


class Closing(NamedTuple):
    """What the end of a reply brings: the items its last line completes, and all complaints about the reply."""

    items: list[FileEdit]
    complaints: list[str]


@dataclass(slots=True)
class _Named:
    """A file's name that the next line may use; ``at`` is its line in the prose."""

    path: str
    labelled: bool
    at: int


@dataclass(slots=True)
class _ProseFence:
    """A fence that is no file. Its opening line is prose, unless the first thing in it is a block."""

    fence: Fence
    opened_at: int
    shown: bool = True
    pristine: bool = True


@dataclass(slots=True)
class _OpenFile:
    path: str
    fence: Fence
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    blank: bool = True


@dataclass(slots=True)
class _OpenBlock:
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


class AnswerParser:
    """A reply's reader: the same items come out however the reply is cut into chunks.

    ``complaints`` are sentences for the model about what could not be used. Never raises, whatever the text.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, to read another reply (or the same one, begun again)."""
        self.complaints: list[str] = []
        self._partial: list[str] = []
        self._prose: list[str] = []
        self._named: _Named | None = None
        self._last_path = ""
        self._unused_label = ""
        self._used: set[str] = set()
        self._fences: list[_ProseFence] = []
        self._file: _OpenFile | None = None
        self._block: _OpenBlock | None = None

    @property
    def prose(self) -> str:
        """The text so far that belongs to no file and no block."""
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._prose)).strip()

    @property
    def writing(self) -> tuple[str, int] | None:
        """The path and the lines so far of the file or block that is being read; None outside of them."""
        open_item = self._file or self._block
        return None if open_item is None else (open_item.path, len(open_item.lines))

    def feed(self, chunk: str) -> list[FileEdit]:
        """Take the next piece of the reply and return the items it completes."""
        head, newline, rest = chunk.partition("\n")
        self._partial.append(head)
        if not newline:
            return []
        lines = ["".join(self._partial), *rest.split("\n")]
        self._partial = [lines.pop()]
        return [item for line in lines if (item := self._take(line)) is not None]

    def close(self) -> Closing:
        """Take the reply as ended."""
        last, self._partial = "".join(self._partial), []
        item = self._take(last) if last else None
        if self._file is not None:
            self.complaints.append(
                f"the answer ended inside the file {self._file.path!r}, before its closing line "
                f"{self._file.fence.closing_line()}; nothing of it was used, send the whole file again"
            )
        if self._block is not None:
            self.complaints.append(_unfinished(self._block))
        self._file = self._block = None
        return Closing([] if item is None else [item], list(self.complaints))

    def _take(self, line: str) -> FileEdit | None:
        if self._file is not None:
            return self._take_in_file(self._file, line)
        if self._block is not None:
            return self._take_in_block(self._block, line)
        self._take_outside(line)
        return None

    # --- outside of files and blocks ---

    def _take_outside(self, line: str) -> None:
        if run := search_marker(line):
            self._begin_block(run)
        elif (fence := fence_in(line)) is not None:
            self._meet_fence(fence, line)
        elif (path := labelled_path(line)) and (not self._fences or "FILE" in line):
            self._name(path, line, labelled=True)
        elif path := bare_path(line):
            self._name(path, line, labelled=False)
        else:
            self._take_prose(line)

    def _take_prose(self, line: str) -> None:
        self._prose.append(line)
        if line.strip():
            self._named = None
            if self._fences:
                self._fences[-1].pristine = False

    def _name(self, path: str, line: str, *, labelled: bool) -> None:
        self._named = _Named(path, labelled, len(self._prose))
        self._prose.append(line)
        if labelled:
            self._last_path = path
            self._unused_label = path if "FILE" in line and path not in self._used else ""

    def _use_name(self) -> str:
        """Return the path the next item is for, '' when none was named."""
        if self._named is not None:
            self._last_path = self._named.path
            self._prose[self._named.at] = ""
        self._named, self._unused_label = None, ""
        self._used.add(self._last_path)
        return self._last_path

    def _meet_fence(self, fence: Fence, line: str) -> None:
        outer = self._fences[-1] if self._fences else None
        if outer is not None and outer.fence.is_closed_by(line):
            self._leave_fence(outer, line)
        elif self._named is not None and (self._named.labelled or outer is None):
            self._file = _OpenFile(self._use_name(), fence)
        elif outer is not None:
            self._take_prose(line)
        else:
            self._enter_fence(fence, line)

    def _enter_fence(self, fence: Fence, line: str) -> None:
        self._fences.append(_ProseFence(fence, len(self._prose)))
        self._prose.append(line)

    def _leave_fence(self, fence: _ProseFence, line: str) -> None:
        if self._unused_label and not fence.pristine:
            self.complaints.append(
                f"the fenced text below {self._unused_label!r} was not taken as that file; "
                "put the line FILE: directly above the fence"
            )
        self._fences.pop()
        self._named, self._unused_label = None, ""
        if fence.shown:
            self._prose.append(line)

    # --- whole files ---

    def _take_in_file(self, file: _OpenFile, line: str) -> FileEdit | None:
        if file.fence.is_closed_by(line):
            if file.depth == 0:
                self._file = None
                return WholeFile(path=file.path, text="".join(file.lines))
            file.depth -= 1
        elif file.fence.has_nested(line):
            file.depth += 1
        if file.blank and (run := search_marker(line)):
            self._turn_into_blocks(file, run)
            return None
        file.blank = file.blank and not line.strip()
        file.lines.append(line.removeprefix(file.fence.indent) + "\n")
        return None

    def _turn_into_blocks(self, file: _OpenFile, run: int) -> None:
        """What looked like a whole file holds search/replace blocks."""
        self._file = None
        self._fences.append(_ProseFence(file.fence, -1, shown=False, pristine=False))
        self._begin_block(run)

    # --- search/replace blocks ---

    def _begin_block(self, run: int) -> None:
        self._block = _OpenBlock(self._use_name(), run)
        if self._fences and self._fences[-1].pristine:
            fence = self._fences[-1]
            self._prose[fence.opened_at] = ""
            fence.shown = fence.pristine = False

    def _take_in_block(self, block: _OpenBlock, line: str) -> FileEdit | None:
        if line[:1] == "<" and block.ends_with(run := search_marker(line)):
            self.complaints.append(_unfinished(block))
            self._block = _OpenBlock(block.path, run)
        elif line[:1] == ">" and block.ends_with(replace_marker(line)):
            self._block = None
            return self._finished(block)
        else:
            block.lines.append(line)
        return None

    def _finished(self, block: _OpenBlock) -> FileEdit | None:
        at = _divider_index(block)
        if not block.path:
            self.complaints.append("a search/replace block names no file; put a line FILE: <path> above it")
        elif at is None:
            self.complaints.append(
                f"a search/replace block for {block.path!r} needs exactly one line {'=' * block.run} between "
                f"its old and new lines; where the text itself has such a line, use 9 characters in all markers"
            )
        else:
            return ReplaceBlock(
                path=block.path, search=_joined(block.lines[:at]), replace=_joined(block.lines[at + 1 :])
            )
        return None


def _divider_index(block: _OpenBlock) -> int | None:
    """Return where the old lines end, None when no line or no single line can be the divider."""
    runs = {index: run for index, line in enumerate(block.lines) if (run := divider(line))}
    exact = [index for index, run in runs.items() if run == block.run]
    candidates = exact or ([] if block.literal else list(runs))
    return candidates[0] if len(candidates) == 1 else None


def _joined(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _unfinished(block: _OpenBlock) -> str:
    return (
        f"a search/replace block for {block.path or 'an unnamed file'!r} has no closing line "
        f"{'>' * block.run} REPLACE; nothing of it was used, send the whole block again"
    )
