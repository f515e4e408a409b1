"""One model reply applied to the files it changes: all of it, or nothing; pure but for what reads them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused, OrchestraError
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.edits.ladder import Rung
from codecompanion.orchestra.edits.lookalikes import is_lookalike, may_stand_elsewhere
from codecompanion.orchestra.edits.meant_paths import names_of, whole_names_of
from codecompanion.orchestra.edits.preview import placed_block, require_deletable, resulting_text
from codecompanion.orchestra.edits.reply_grammar import fence_in
from codecompanion.orchestra.edits.validity import new_fault
from codecompanion.orchestra.workspace.edit_paths import with_clean_paths
from codecompanion.orchestra.workspace.texts import with_endings_of

Read = Callable[[str], str | None]
"""Returns a file's text by its path, None when there is no such file."""
_SHELLS = frozenset({"sh", "bash", "shell", "console", "zsh", "text", "txt", "output", "terminal"})
_LEAST_KEPT, _FEW_LINES = 0.4, 10
_FORMATS = {"diff": "unified diff", "patch": "V4A patch"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of one edit: where it stands (``first_line`` 0: nowhere yet) or why it was refused."""

    path: str
    format: str
    rung: str = ""
    first_line: int = 0
    last_line: int = 0
    reason: str = ""


@dataclass(slots=True)
class Applied:
    """The files after a reply: ``texts`` maps a path to its new text, None for one that is gone.

    Nothing may be written when there is a ``reason``; it says why, for a person or a model.
    """

    texts: dict[str, str | None] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """Why the reply is refused, empty when it is not."""
        return "\n".join([step.reason for step in self.steps if step.reason] + self.faults)


def applied_reply(reply: str, file: str, read: Read, *, full_path: str = "", others: bool = False) -> Applied:
    """Return what the files read like after a reply; raises nothing for whatever the reply holds.

    ``file`` is the path meant where the reply names none, or another spelling of it or of its ``full_path``.
    Edits of other files are refused unless ``others``; then their paths are given to ``read`` as they stand.
    """
    edits, complaints = _parsed(reply, file)
    if not edits and not complaints:
        edits, complaints = _one_fenced_text(reply, file, read)
    applied = Applied(faults=complaints)
    if not edits and not complaints:
        applied.faults.append("the reply holds no edit: no block, hunk or whole file was found in it")
    edits = [_with_clean_paths(edit) for edit in edits]
    named = {edit.path for edit in edits}
    if others:
        named = {path for path in named if path == file or not _is_there(read, path)}
        ours = whole_names_of(file, named) | whole_names_of(full_path or file, named)
    else:
        ours = names_of(full_path or file, named)
    work = _Work(applied, read, file, ours, others)
    for edit in edits:
        work.take(edit)
    applied.faults += work.shifted_lookalikes()
    applied.faults += [fault for path in applied.texts if (fault := work.syntax_fault(path))]
    return applied


def _with_clean_paths(edit: FileEdit) -> FileEdit:
    """Return the edit with one spelling for each path; one that is not relative to a folder stays as it is."""
    try:
        return with_clean_paths(edit)
    except OrchestraError:
        return edit


def _is_there(read: Read, path: str) -> bool:
    try:
        return not path.startswith("/") and read(path) is not None
    except OrchestraError:
        return True


def _text_at(read: Read, path: str) -> str:
    try:
        return read(path) or ""
    except OrchestraError:
        return ""


def _one_fenced_text(reply: str, file: str, read: Read) -> tuple[list[FileEdit], list[str]]:
    """Take the one fenced text of a reply as the file, unless it may be just a part of it, or an example."""
    labelled = _with_name_above_its_fence(reply, file)
    edits, complaints = _parsed(labelled, file) if labelled else ([], [])
    current = _text_at(read, file)
    if any(isinstance(edit, WholeFile) and _share_kept(current, edit.text) < _LEAST_KEPT for edit in edits):
        return [], [
            f"the fenced text keeps few of the lines of {file!r}, so it may be only a part of the file; if it "
            f"is all of it, put a line FILE: {file} above the fence"
        ]
    return edits, complaints


def _share_kept(current: str, text: str) -> float:
    """Return how much of a file's lines with text is in another text, from 0 to 1."""
    lines = [line.strip() for line in current.splitlines() if line.strip()]
    new = {line.strip() for line in text.splitlines()}
    return sum(line in new for line in lines) / len(lines) if len(lines) > _FEW_LINES else 1.0


def _parsed(reply: str, file: str) -> tuple[list[FileEdit], list[str]]:
    parser = AnswerParser(file)
    edits = parser.feed(reply)
    closing = parser.close()
    # a model that says a piece twice means it once
    return list(dict.fromkeys(edits + closing.items)), closing.complaints


def _with_name_above_its_fence(reply: str, file: str) -> str:
    """Return the reply with the file's name above its one fenced text; '' when there is not just one."""
    lines = reply.split("\n")
    fences = [index for index, line in enumerate(lines) if fence_in(line)]
    opening = fence_in(lines[fences[0]]) if fences else None
    if opening is None or opening.info.split(" ")[0].lower() in _SHELLS - {PurePosixPath(file).suffix[1:]}:
        return ""
    inner = [at for at in fences[1:] if opening.is_closed_by(lines[at])]
    if len(inner) != 1 or any(at > inner[0] for at in fences):
        return ""
    return "\n".join([*lines[: fences[0]], f"FILE: {file}", *lines[fences[0] :]])


@dataclass(slots=True)
class _Work:
    applied: Applied
    read: Read
    file: str
    ours: set[str]
    others: bool
    lookalikes: list[str] = field(default_factory=list)
    was: dict[str, str | None] = field(default_factory=dict)

    def take(self, edit: FileEdit) -> None:
        """Apply one edit to the texts as they are by now, or note why not."""
        path = self.file if edit.path in self.ours else edit.path
        try:
            if path != self.file and not self.others:
                raise EditRefused(f"it is for another file than {self.file!r}")
            step = self._applied(edit.model_copy(update={"path": path}))
        except OrchestraError as refusal:
            step = Step(path=path, format=_format(edit), reason=f"{path}: {refusal}")
        self.applied.steps.append(step)

    def _applied(self, edit: FileEdit) -> Step:
        current = self._current(edit.path)
        if isinstance(edit, DeleteFile):
            require_deletable(current, edit)
            self.applied.texts[edit.path] = None
            return Step(path=edit.path, format=_format(edit))
        if isinstance(edit, RenameFile):
            return self._renamed(edit, current)
        text = resulting_text(current, edit)
        step = _step(current, edit)
        if is_lookalike(current, edit):
            self.lookalikes.append(may_stand_elsewhere(current, edit))
        if isinstance(edit, WholeFile) and current is not None:
            text = with_endings_of(current, text)
        self.applied.texts[edit.path] = text.removeprefix("\ufeff")
        return step

    def shifted_lookalikes(self) -> list[str]:
        """Return what to say of places that may be wrong, as other blocks show a reply indented otherwise."""
        shifted = any(step.rung == Rung.INDENTATION for step in self.applied.steps)
        return self.lookalikes if shifted else []

    def _renamed(self, edit: RenameFile, current: str | None) -> Step:
        if not self.others:
            raise EditRefused(f"it would rename the file to {edit.to!r}, which --root DIR allows")
        if current is None:
            raise EditRefused("there is no such file, so it cannot be renamed")
        if self._current(edit.to) is not None:
            raise EditRefused(f"there is a file {edit.to!r} already, so it cannot be renamed to that")
        self.applied.texts |= {edit.path: None, edit.to: current}
        self.was[edit.to] = self.was.get(edit.path)
        return Step(path=edit.path, format=_format(edit))

    def _current(self, path: str) -> str | None:
        if path not in self.applied.texts:
            self.was[path] = self.applied.texts[path] = self.read(path)
        return self.applied.texts[path]

    def syntax_fault(self, path: str) -> str:
        """Return what is broken in a file's new text that was not so before."""
        after, before = self.applied.texts[path], self.was.get(path)
        if after is None or after == before:
            return ""
        fault = new_fault(path, before, after)
        return f"{path}: {fault}" if fault else ""


def _step(current: str | None, edit: WholeFile | ReplaceBlock) -> Step:
    if isinstance(edit, WholeFile) or current is None:
        return Step(path=edit.path, format=_format(edit))
    span = placed_block(current, edit).span
    return Step(
        path=edit.path,
        format=_format(edit),
        rung=span.rung.value,
        first_line=span.first_line,
        last_line=span.last_line,
    )


def _format(edit: FileEdit) -> str:
    if isinstance(edit, ReplaceBlock):
        return _FORMATS[edit.hints.source] if edit.hints else "search/replace"
    return "whole file" if isinstance(edit, WholeFile) else edit.kind
