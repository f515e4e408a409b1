"""Reads a V4A patch (``*** Begin Patch`` … ``*** End Patch``) line by line, as OpenAI's models write it.

Each hunk comes out when the next thing begins. Forgiven: missing first and last lines, context lines without
their space, new files without their ``+``, a diff's line numbers behind ``@@``.
"""

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, WholeFile
from codecompanion.orchestra.edits.diff_grammar import HunkHeader, anchor, hunk_header, patch_line
from codecompanion.orchestra.edits.hunks import Hunk


class PatchReader:
    """One patch within a reply, with the same face as ``DiffReader``."""

    def __init__(self, complaints: list[str], *, fenced: bool) -> None:
        self._complaints = complaints
        self._fenced = fenced
        self._begun = False
        self._action = ""
        self._path = ""
        self._move_to = ""
        self._added: list[str] = []
        self._hunk: Hunk | None = None
        self._shift = 0
        self._removed: set[str] = set()
        self.over = False

    @property
    def path(self) -> str:
        """The file that is being changed."""
        return self._path

    @property
    def line_count(self) -> int:
        """How many lines of the open piece have come."""
        return len(self._hunk.lines) if self._hunk else len(self._added)

    def take(self, line: str) -> list[FileEdit]:
        """Take the next line of the reply."""
        if (found := patch_line(line)) is not None:
            return self._take_marker(*found)
        if self._action == "add":
            return self._take_added(line)
        if self._action == "update":
            return self._take_update(line)
        if not line.strip():
            return []
        return self._give_up()

    def close(self, *, line_ended: bool) -> list[FileEdit]:
        """Take the reply as ended without ``*** End Patch``."""
        hunk = self._hunk
        cut = self._action == "add" or (hunk is not None and self._may_be_cut_off(hunk, line_ended))
        if cut and not self._fenced:
            return self.cut()
        if self._begun and not self._fenced:
            self._complaints.append(
                f"the patch of {self._path!r} has no last line *** End Patch, so more of it may be missing; "
                "send the rest of it, with that line"
            )
        return self.end()

    def _may_be_cut_off(self, hunk: Hunk, line_ended: bool) -> bool:
        """Whether a patch without its last line may lack more; one that was begun ends with context."""
        return not hunk.at_end and hunk.may_be_cut_off(line_ended=line_ended and not self._begun)

    def end(self) -> list[FileEdit]:
        """Finish what is open: the patch is over."""
        return self._end_file()

    def cut(self) -> list[FileEdit]:
        """Give up what is open: the reply ended in the middle of it."""
        if not self._action or (self._action == "update" and self._hunk is None):
            return self._end_file()
        self._complaints.append(
            f"the answer ended inside the patch of {self._path!r}, before *** End Patch; "
            "nothing of its last piece was used, send it again"
        )
        self._hunk, self._action, self._added = None, "", []
        return []

    def _take_marker(self, word: str, path: str) -> list[FileEdit]:
        if word == "end of file":
            if self._hunk:
                self._hunk.at_end = True
            return []
        if word == "move to":
            self._move_to = path
            return []
        items = self._end_file()
        if word == "end patch":
            self.over = True
        elif word == "begin patch":
            self._begun = True
        else:
            self._action, self._path = word.split(" ", maxsplit=1)[0], path
        return items

    def _take_added(self, line: str) -> list[FileEdit]:
        if not line.startswith("+") and not self._open_ended and line.strip():
            return self._give_up()
        self._added.append(line)
        return []

    @property
    def _open_ended(self) -> bool:
        """Whether any line may belong to the patch, because its end is marked."""
        return self._fenced or self._begun

    def _take_update(self, line: str) -> list[FileEdit]:
        context = anchor(line)
        if context is not None:
            return self._begin_hunk(line, context)
        if line.startswith("\\ ") and self._hunk:
            self._hunk.end_without_newline()
        elif not line.strip() and self._hunk is None:
            return []
        elif line[:1] in {" ", "+", "-"} or not line.strip() or self._open_ended:
            self._hunk = self._hunk or Hunk(self._path)
            self._hunk.take(line)
        elif self._hunk and self._hunk.lines and self._hunk.lines[-1] != (" ", ""):
            # more of the hunk whose sign was forgotten, most likely: a part of it must not be used
            return [*self.cut(), *self._give_up()]
        else:
            return self._give_up()
        return []

    def _begin_hunk(self, line: str, context: str) -> list[FileEdit]:
        numbered = hunk_header(line)
        header = numbered if numbered and numbered.old_start is not None else HunkHeader()
        nested = self._hunk if self._hunk and not self._hunk.lines else None
        items = [] if nested else self._end_hunk()
        named = context.strip(". ") and header.old_start is None and context not in self._removed
        anchors = (context,) if named else ()
        if nested:
            nested.anchors += anchors
            return []
        self._hunk = Hunk(self._path, header, anchors)
        return items

    def _end_hunk(self) -> list[FileEdit]:
        hunk, self._hunk = self._hunk, None
        if hunk is None:
            return []
        hunk.drop_blank_end()
        if not hunk.changes:
            self._complaints.append(f"a hunk for {self._path!r} has no line that begins with + or -")
            return []
        block = hunk.block("patch", self._shift)
        self._shift += hunk.count("+") - hunk.count("-")
        # an anchor is a line of the file before the patch: one that is gone by now tells nothing any more
        self._removed |= {text.strip() for sign, text in hunk.lines if sign == "-"}
        return [block]

    def _end_file(self) -> list[FileEdit]:
        items = self._end_hunk()
        action, self._action = self._action, ""
        if action == "add":
            items += self._new_file()
        elif action == "delete":
            items.append(DeleteFile(path=self._path))
        if self._move_to and action == "update":
            items.append(RenameFile(path=self._path, to=self._move_to))
        self._move_to, self._shift, self._removed = "", 0, set()
        return items

    def _new_file(self) -> list[FileEdit]:
        lines, self._added = self._added, []
        while lines and not lines[-1].strip():
            lines.pop()
        signed = [line.startswith("+") for line in lines]
        if any(signed) and not all(one or not line.strip() for one, line in zip(signed, lines, strict=True)):
            self._complaints.append(
                f"the new file {self._path!r} has lines that do not begin with +; send the file whole"
            )
            return []
        text = "".join(line.removeprefix("+" if any(signed) else "") + "\n" for line in lines)
        return [WholeFile(path=self._path, text=text, new=True)]

    def _give_up(self) -> list[FileEdit]:
        self.over = True
        return self.end()
