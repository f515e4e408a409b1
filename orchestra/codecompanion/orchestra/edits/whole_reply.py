"""One model reply applied to the files it changes: all of it, or nothing; pure but for what reads them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused, OrchestraError
from codecompanion.orchestra.edits.answer_parser import AnswerParser
from codecompanion.orchestra.edits.ladder import Rung, occurrences
from codecompanion.orchestra.edits.preview import placed_block, require_deletable, resulting_text
from codecompanion.orchestra.edits.reply_grammar import fence_in
from codecompanion.orchestra.edits.validity import new_fault
from codecompanion.orchestra.workspace.texts import with_endings_of

Read = Callable[[str], str | None]
"""Returns a file's text by its path, None when there is no such file."""
_SHELLS = frozenset({"sh", "bash", "shell", "console", "zsh", "text", "txt", "output", "terminal"})
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
    before: dict[str, str | None] = field(default_factory=dict)
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
    edits, complaints = _edits_in(reply, file)
    applied = Applied(faults=complaints)
    if not edits and not complaints:
        applied.faults.append("the reply holds no edit: no block, hunk or whole file was found in it")
    named = {edit.path for edit in edits}
    if others:
        named = {path for path in named if path == file or not _is_there(read, path)}
    ours = names_of(full_path or file, named)
    work = _Work(applied, read, file, ours, others)
    for edit in edits:
        work.take(edit)
    applied.faults += work.shifted_lookalikes()
    applied.faults += [fault for path in applied.texts if (fault := work.syntax_fault(path))]
    return applied


def _is_there(read: Read, path: str) -> bool:
    try:
        return read(path) is not None
    except OrchestraError:
        return True


def names_of(file: str, names: Iterable[str]) -> set[str]:
    """Return those of the names that mean ``file``: of those with its own last part, the most alike."""
    parts = _parts(file)
    alike = {name: _common_end(parts, _parts(name)) for name in names}
    most = max(alike.values(), default=0)
    return {name for name, count in alike.items() if count == most and count > 0}


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").strip().split("/") if part not in {"", "."}]


def _common_end(left: list[str], right: list[str]) -> int:
    count = 0
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if one.casefold() != other.casefold():
            break
        count += 1
    return count


def _edits_in(reply: str, file: str) -> tuple[list[FileEdit], list[str]]:
    edits, complaints = _parsed(reply, file)
    if edits or complaints:
        return edits, complaints
    labelled = _with_name_above_its_fence(reply, file)
    return _parsed(labelled, file) if labelled else (edits, complaints)


def _parsed(reply: str, file: str) -> tuple[list[FileEdit], list[str]]:
    parser = AnswerParser(file)
    edits = parser.feed(reply)
    closing = parser.close()
    return edits + closing.items, closing.complaints


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
        if isinstance(edit, ReplaceBlock) and current and _stands_elsewhere(current, edit.search):
            self.lookalikes.append(f"{edit.path} line {step.first_line}")
        if isinstance(edit, WholeFile) and current is not None:
            text = with_endings_of(current, text)
        self.applied.texts[edit.path] = text.removeprefix("\ufeff")
        return step

    def shifted_lookalikes(self) -> list[str]:
        """Return what to say of places that may be wrong, as other blocks show a reply indented otherwise."""
        if not self.lookalikes or not any(step.rung == Rung.INDENTATION for step in self.applied.steps):
            return []
        return [
            f"the reply is indented unlike the file, and the lines found at {place} stand elsewhere as well, "
            "with another indentation; add lines from above or below"
            for place in self.lookalikes
        ]

    def _renamed(self, edit: RenameFile, current: str | None) -> Step:
        if not self.others:
            raise EditRefused(f"it would rename the file to {edit.to!r}, which --root DIR allows")
        if current is None:
            raise EditRefused("there is no such file, so it cannot be renamed")
        if self._current(edit.to) is not None:
            raise EditRefused(f"there is a file {edit.to!r} already, so it cannot be renamed to that")
        self.applied.texts |= {edit.path: None, edit.to: current}
        return Step(path=edit.path, format=_format(edit))

    def _current(self, path: str) -> str | None:
        if path not in self.applied.texts:
            self.applied.before[path] = self.applied.texts[path] = self.read(path)
        return self.applied.texts[path]

    def syntax_fault(self, path: str) -> str:
        """Return what is broken in a file's new text that was not so before."""
        after, before = self.applied.texts[path], self.applied.before.get(path)
        if after is None or after == before:
            return ""
        fault = new_fault(path, before, after)
        return f"{path}: {fault}" if fault else ""


def _stands_elsewhere(text: str, search: str) -> bool:
    """Whether the lines stand in the text more than once, whatever their indentation."""
    lines, wanted = ([line.strip() for line in part.splitlines()] for part in (text, search))
    return bool(wanted) and len(list(islice(occurrences(lines, wanted), 2))) > 1


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
