"""Reads the edits out of a model's streamed reply, line by line, in any of four formats and any mix of them.

- A whole file: a line ``FILE: path`` (or a heading or line that is only a path), then, blank lines aside, a
  fence of three or more backticks or tildes, the text, and a line of exactly the same fence. It is complete
  with that line; a reply that ends on the fence without a newline completes it at ``close``. The text always
  ends with a newline unless it is empty. Shorter and longer fences inside are text; so is a balanced inner
  fence of the same length that opens with a language.
- A search/replace block: ``<<<<<<< SEARCH``, old lines, ``=======``, new lines, ``>>>>>>> REPLACE``, in a
  fence or not, for the file named last. Runs of 5 to 9 characters are taken. With a run of 8 or 9 every
  other marker must have the same length, so that text about markers can be quoted. The divider is the only
  ``=`` line as long as the opening run, else the only ``=`` line; with several the block is refused.
- A unified diff (``diff_reader``) and a V4A patch (``patch_reader``), in a fence or not. A hunk without the
  lines that name its file is for the file named last.
- A fence whose first line with text belongs to one of these holds edits, also below ``FILE:`` (but not the text
  of a ``.diff`` or ``.patch`` file); in one that says ``diff``, lines with + and - need no header.

Anything else is prose. What is cut off, or unclear, becomes a complaint, never a partial edit.
"""

import re
from typing import NamedTuple

from codecompanion.contracts.edits import FileEdit, ReplaceBlock
from codecompanion.orchestra.edits.diff_grammar import begins_diff, holds_diff, is_diff_file, patch_line, side
from codecompanion.orchestra.edits.diff_reader import DiffReader
from codecompanion.orchestra.edits.open_pieces import (
    STRAY_MARKER,
    NamedFile,
    OpenBlock,
    OpenFile,
    ProseFence,
    ended_within,
)
from codecompanion.orchestra.edits.patch_reader import PatchReader
from codecompanion.orchestra.edits.reply_grammar import (
    Fence,
    bare_path,
    fence_in,
    labelled_path,
    replace_marker,
    search_marker,
)


class Closing(NamedTuple):
    """What the end of a reply brings: the items its last line completes, and all complaints about the reply."""

    items: list[FileEdit]
    complaints: list[str]


class AnswerParser:
    """A reply's reader: the same items come out however the reply is cut into chunks.

    ``complaints`` are sentences for the model about what could not be used. Never raises, whatever the text is.
    ``path`` is the file meant where none is named.
    """

    def __init__(self, path: str = "") -> None:
        self._path = path
        self.reset()

    def reset(self) -> None:
        """Forget everything, to read another reply (or the same one, begun again)."""
        self.complaints: list[str] = []
        self._partial: list[str] = []
        self._prose: list[str] = []
        self._named: NamedFile | None = None
        self._last_path = self._path
        self._unused_label, self._used = "", set[str]()
        self._fences: list[ProseFence] = []
        self._file: OpenFile | None = None
        self._block: OpenBlock | None = None
        self._diff: DiffReader | PatchReader | None = None
        self._had_block, self._held = False, ""
        self._unended: list[FileEdit] = []
        self._crlf: bool | None = None

    @property
    def prose(self) -> str:
        """The text so far that belongs to no file and no block."""
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._prose)).strip()

    @property
    def writing(self) -> tuple[str, int] | None:
        """The path and the lines so far of the piece that is being read; None outside of them."""
        if self._diff is not None:
            return (self._diff.path, self._diff.line_count) if self._diff.line_count else None
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
        return [item for line in lines for item in self._take(line)]

    def close(self) -> Closing:
        """Take the reply as ended."""
        last, self._partial = "".join(self._partial), []
        items = (self._take(last) if last else []) + self._let_go_of_held()
        if self._diff is not None:
            items += self._diff.cut() if self._fences else self._diff.close(line_ended=not last)
        items += self._unended
        self._unended = []
        self.complaints += [piece.complaint() for piece in (self._file, self._block) if piece is not None]
        self._file = self._block = self._diff = None
        return Closing(items, list(self.complaints))

    def _take(self, line: str) -> list[FileEdit]:
        if self._crlf is None:
            self._crlf = line.endswith("\r")
        if self._crlf:
            line = line.removesuffix("\r")
        if self._file is not None:
            return self._take_in_file(self._file, line)
        if self._block is not None:
            return self._take_in_block(self._block, line)
        if self._diff is not None:
            return self._take_in_diff(self._diff, line)
        if self._held:
            return self._take_after_held(line)
        self._take_outside(line)
        return []

    # --- outside of pieces ---

    def _take_outside(self, line: str) -> None:
        if run := search_marker(line):
            self._begin_block(run)
        elif (fence := fence_in(line)) is not None:
            self._meet_fence(fence, line)
        elif side(line, "---"):
            self._held = line
        elif self._begins_diff(line):
            self._begin_diff(line)
        elif (path := labelled_path(line)) and (not self._fences or "FILE" in line):
            self._name(path, line, labelled=True)
        elif path := bare_path(line):
            self._name(path, line, labelled=False)
        elif patch_line(line) == ("end patch", ""):
            self._meet_late_end()
        else:
            self._take_prose(line)

    def _take_prose(self, line: str) -> None:
        self._prose.append(line)
        if not line.strip():
            return
        if self._had_block and replace_marker(line):
            self.complaints.append(STRAY_MARKER)
        self._named = None
        if self._fences:
            self._fences[-1].pristine = False

    def _name(self, path: str, line: str, *, labelled: bool) -> None:
        self._named = NamedFile(path, labelled, len(self._prose))
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
            if holds_diff(fence.info, self._named.path):
                self._last_path = self._use_name()
                self._enter_fence(fence, line)
            else:
                self._file = OpenFile(self._use_name(), fence)
        elif outer is not None:
            self._take_prose(line)
        else:
            self._enter_fence(fence, line)

    def _enter_fence(self, fence: Fence, line: str) -> None:
        self._fences.append(ProseFence(fence, len(self._prose)))
        self._prose.append(line)

    def _leave_fence(self, fence: ProseFence, line: str) -> None:
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

    def _take_in_file(self, file: OpenFile, line: str) -> list[FileEdit]:
        if file.blank and not is_diff_file(file.path):
            if run := search_marker(line):
                self._turn_into_edits(file)
                self._block = OpenBlock(file.path, run)
                return []
            if self._surely_begins_diff(line):
                self._turn_into_edits(file)
                self._begin_diff(line)
                return []
        item = file.take(line)
        self._file = None if item else file
        return [item] if item else []

    def _turn_into_edits(self, file: OpenFile) -> None:
        """What looked like a whole file holds edits of it."""
        self._file = None
        self._last_path = file.path
        self._fences.append(ProseFence(file.fence, -1, shown=False, pristine=False))

    # --- search/replace blocks ---

    def _begin_block(self, run: int) -> None:
        self._block = OpenBlock(self._use_name(), run)
        self._hide_fence()

    def _hide_fence(self) -> None:
        """Take the fence around an edit out of the prose."""
        if self._fences and self._fences[-1].pristine:
            fence = self._fences[-1]
            self._prose[fence.opened_at] = ""
            fence.shown = fence.pristine = False

    def _take_in_block(self, block: OpenBlock, line: str) -> list[FileEdit]:
        if line[:1] == "<" and block.ends_with(run := search_marker(line)):
            self.complaints.append(block.complaint())
            self._block = OpenBlock(block.path, run)
        elif line[:1] == ">" and block.ends_with(replace_marker(line)):
            self._block = None
            finished = block.finished()
            self._had_block = True
            if isinstance(finished, ReplaceBlock):
                return [finished]
            self.complaints.append(finished)
        else:
            block.lines.append(line)
        return []

    # --- diffs and patches ---

    def _begins_diff(self, line: str) -> bool:
        if self._surely_begins_diff(line):
            return True
        # below its fence's first line, or the name of its file, a diff may begin without a header
        in_diff_fence = (
            bool(self._fences) and self._fences[-1].pristine and holds_diff(self._fences[-1].fence.info)
        )
        return in_diff_fence and line[:1] in {"+", "-", " "} and bool(line.strip())

    def _surely_begins_diff(self, line: str) -> bool:
        return begins_diff(line, named=bool(self._fences) or self._named is not None)

    def _begin_diff(self, *lines: str) -> list[FileEdit]:
        self._hide_fence()
        fenced = bool(self._fences)
        if patch_line(lines[0]) is not None:
            self._diff = PatchReader(self.complaints, fenced=fenced)
        else:
            self._diff = DiffReader(self._use_name(), self.complaints, fenced=fenced)
        return [item for line in lines for item in self._take(line)]

    def _meet_late_end(self) -> None:
        """The last line of a patch whose fence is closed already."""
        self.complaints += [ended_within(edit.path) for edit in self._unended]
        self._unended = []

    def _take_after_held(self, line: str) -> list[FileEdit]:
        """A line ``--- path`` begins a diff only when ``+++ path`` follows."""
        if side(line, "+++"):
            held, self._held = self._held, ""
            return self._begin_diff(held, line)
        return [*self._let_go_of_held(), *self._take(line)]

    def _let_go_of_held(self) -> list[FileEdit]:
        if self._held:
            self._take_prose(self._held)
        self._held = ""
        return []

    def _take_in_diff(self, diff: DiffReader | PatchReader, line: str) -> list[FileEdit]:
        if self._fences and self._fences[-1].fence.is_closed_by(line):
            self._diff = None
            items = diff.end()
            self._leave_fence(self._fences[-1], line)
            if isinstance(diff, PatchReader):
                # the line may as well be one of the file's: if the patch's last line comes later, it is
                self._unended += items
                return []
            return items
        items = diff.take(line)
        if diff.over:
            self._diff = None
            items += self._take(line)
        return items
