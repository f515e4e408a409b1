"""Reads a unified diff line by line, as git and models write it; a hunk comes out when the next thing begins.

Forgiven: missing ``diff --git``, ``---`` and ``+++`` lines for a file named before, wrong or missing line
numbers and counts, blank context lines without their space, and, in a fence, context lines without it.
"""

import re
from dataclasses import dataclass, field

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, WholeFile
from codecompanion.orchestra.edits.diff_grammar import (
    NOTHING,
    git_paths,
    hunk_header,
    is_extended_header,
    plain_sides,
    side,
)
from codecompanion.orchestra.edits.hunks import Hunk
from codecompanion.orchestra.edits.reply_grammar import bare_path

_BULLET = re.compile(r"[-+] \S")


@dataclass(slots=True)
class _File:
    """What the diff says of a file; ``shift`` is by how many lines its hunks so far made it longer."""

    old: str = ""
    new: str = ""
    created: bool = False
    deleted: bool = False
    renamed_from: str = ""
    renamed_to: str = ""
    shift: int = 0
    changed: bool = False
    hunks: list[Hunk] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The path its hunks are for: the one it has before a rename, which comes last."""
        if self.renamed_from:
            return self.renamed_from
        return self.old if self.new in {"", NOTHING} else self.new


class DiffReader:
    """One diff within a reply; ``fenced`` says that a fence tells where it ends.

    ``take`` returns the items a line completes. ``over`` says that the line given last is not part of it.
    """

    def __init__(self, path: str, complaints: list[str], *, fenced: bool) -> None:
        self._named = path
        self._complaints = complaints
        self._fenced = fenced
        self._file = _File(path, path)
        self._hunk: Hunk | None = None
        self._held = ""
        self._gap = False
        self.over = False

    @property
    def path(self) -> str:
        """The file that is being changed."""
        return self._file.path

    @property
    def line_count(self) -> int:
        """How many lines of the open hunk have come."""
        return len(self._hunk.lines) if self._hunk else 0

    def take(self, line: str) -> list[FileEdit]:
        """Take the next line of the reply."""
        if self._held:
            held, self._held = self._held, ""
            if side(line, "+++") and not (self._hunk and self._is_body(held, line)):
                return self._begin_file(side(held, "---"), side(line, "+++"))
            return [*self._take_body(held), *self.take(line)] if self._hunk else self._give_up()
        if side(line, "---"):
            # only the next line tells a file's header from a removed line that begins with two dashes
            self._held = line
            return []
        return self._take_body(line) if self._hunk else self._take_header(line)

    def close(self, *, line_ended: bool) -> list[FileEdit]:
        """Take the reply as ended without anything behind the diff."""
        items = self._let_go_of_held()
        hunk = self._hunk
        if not self._fenced and hunk and hunk.may_be_cut_off(line_ended=line_ended):
            self._hunk = None
            self._complaints.append(
                f"the answer ended inside a hunk for {self._file.path or 'an unnamed file'!r}; "
                "nothing of that hunk was used, send it again"
            )
            return items
        return items + self.end()

    def end(self) -> list[FileEdit]:
        """Finish what is open: the diff is over."""
        return self._let_go_of_held() + self._end_hunk() + self._end_file()

    def _let_go_of_held(self) -> list[FileEdit]:
        held, self._held = self._held, ""
        return self._take_body(held) if held and self._hunk else []

    def cut(self) -> list[FileEdit]:
        """Give up the open hunk: the reply ended inside the fence."""
        if self._hunk is None:
            return self._end_file()
        self._hunk = None
        self._complaints.append(
            f"the answer ended inside a hunk for {self._file.path or 'an unnamed file'!r}, before its fence "
            "was closed; nothing of that hunk was used, send it again"
        )
        return []

    # --- between hunks ---

    def _is_body(self, old: str, new: str) -> bool:
        """Whether two lines that look like a file's header are lines of the open hunk."""
        hunk = self._hunk
        if hunk is None or not (hunk.wants("-") and hunk.wants("+")):
            return False
        sides = plain_sides(side(old, "---"), side(new, "+++"))
        return not all(path == NOTHING or bare_path(path) for path in sides)

    def _begin_file(self, old: str, new: str) -> list[FileEdit]:
        items = self._end_hunk()
        if self._file.changed:
            items += self._end_file()
        old, new = plain_sides(old, new)
        file = self._file
        file.old, file.new = old, new
        file.created = file.created or old == NOTHING
        file.deleted = file.deleted or new == NOTHING
        return items

    def _take_header(self, line: str) -> list[FileEdit]:
        if (paths := git_paths(line)) is not None:
            items = self._end_file()
            self._file = _File(*paths)
            return items
        if (header := hunk_header(line)) is not None:
            self._hunk = Hunk(self._file.path, header)
        elif is_extended_header(line):
            self._take_extended(line)
        elif line[:1] in {" ", "+", "-"} and line.strip() and self._fenced:
            self._hunk = Hunk(self._file.path)
            return self._take_body(line)
        elif line.strip():
            return self._give_up()
        return []

    def _take_extended(self, line: str) -> None:
        file, word = self._file, line.split(" ", maxsplit=1)[0]
        if line.startswith("rename from "):
            file.renamed_from = line[12:].strip()
        elif line.startswith("rename to "):
            file.renamed_to = line[10:].strip()
        elif line.startswith("new file mode"):
            file.created = True
        elif line.startswith("deleted file mode"):
            file.deleted = True
        elif word in {"copy", "Binary", "GIT"}:
            self._complaints.append(
                f"{file.path!r}: {line.strip()[:80]!r} cannot be applied; send the file whole"
            )

    def _give_up(self) -> list[FileEdit]:
        self.over = True
        return self.end()

    # --- hunks ---

    def _take_body(self, line: str) -> list[FileEdit]:
        hunk = self._hunk
        assert hunk is not None, "only called inside a hunk"
        if git_paths(line) is not None:
            return self._end_hunk() + self._take_header(line)
        if (header := hunk_header(line)) is not None:
            items = self._end_hunk()
            self._hunk = Hunk(self._file.path, header)
            return items
        if line.startswith("\\ "):
            hunk.end_without_newline()
            return []
        if hunk.fits and not self._fenced:
            return self._take_after_count(line, hunk)
        if is_extended_header(line) or not (self._fenced or line[:1] in {" ", "+", "-", ""}):
            return self._leave_hunk(hunk)
        hunk.take(line)
        return []

    def _take_after_count(self, line: str, hunk: Hunk) -> list[FileEdit]:
        """Take a line behind as many as the header counts: prose, or more of the hunk if the count is wrong."""
        if not line.strip():
            self._gap = True
        elif line[0] not in " +-" or (self._gap and _BULLET.match(line)):
            return self._give_up()
        elif self._gap:
            self._drop_hunk("goes on after the lines its header counts")
        else:
            hunk.take(line)
        return []

    def _leave_hunk(self, hunk: Hunk) -> list[FileEdit]:
        """End a hunk at a line that is none of it, unless it seems to be in the middle of it."""
        went_on = bool(hunk.lines) and hunk.lines[-1] != (" ", "") and not self._fenced
        if went_on or hunk.may_be_cut_off(line_ended=True):
            self._drop_hunk("ends before the lines its header counts, or has a line without its sign")
        return self._give_up()

    def _drop_hunk(self, why: str) -> None:
        self._hunk = None
        self._complaints.append(
            f"a hunk for {self._file.path or 'an unnamed file'!r} {why}; nothing of it was used, send it again"
        )

    def _end_hunk(self) -> list[FileEdit]:
        hunk, self._hunk, self._gap = self._hunk, None, False
        if hunk is None:
            return []
        hunk.drop_blank_end()
        file = self._file
        file.changed = True
        if file.created or file.deleted:
            file.hunks.append(hunk)
            return []
        if not hunk.path:
            self._complaints.append("a hunk names no file; put the lines --- and +++ with its path above it")
        elif not hunk.changes:
            self._complaints.append(f"a hunk for {hunk.path!r} has no line that begins with + or -")
        else:
            block = hunk.block("diff", file.shift)
            file.shift += hunk.count("+") - hunk.count("-")
            return [block]
        return []

    def _end_file(self) -> list[FileEdit]:
        file, self._file = self._file, _File(self._named, self._named)
        if file.created and not file.deleted and file.path:
            return self._created(file)
        if file.deleted and file.path:
            text = "".join(hunk.side("-") for hunk in file.hunks)
            return [DeleteFile(path=file.path, text=text if file.hunks else None)]
        if file.renamed_from and file.renamed_to:
            return [RenameFile(path=file.renamed_from, to=file.renamed_to)]
        return []

    def _created(self, file: _File) -> list[FileEdit]:
        if any(sign != "+" for hunk in file.hunks for sign, text in hunk.lines if text or sign != " "):
            self._complaints.append(
                f"the new file {file.path!r} has lines that do not begin with +; send the file whole"
            )
            return []
        text = "".join(hunk.side("+") for hunk in file.hunks)
        bare = bool(file.hunks) and "+" in file.hunks[-1].bare_ends
        return [WholeFile(path=file.path, text=text.removesuffix("\n") if bare else text, new=True)]
