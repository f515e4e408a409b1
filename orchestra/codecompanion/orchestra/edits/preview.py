"""What a file will read like after an edit, before anyone writes it."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.elisions import PROSE, is_elision, speaks_of_code, stands_for_code
from codecompanion.orchestra.edits.file_habits import (
    curly_code,
    has_curly,
    indented_otherwise,
    stepped_otherwise,
    with_straight_quotes,
)
from codecompanion.orchestra.edits.lines import bare_lines, is_blank, split_lines, without_ending
from codecompanion.orchestra.edits.matching import Placement, Splice, placement
from codecompanion.orchestra.edits.validity import check_syntax, new_fault
from codecompanion.orchestra.merging.alignment import line_changes, one_change

# characters before and behind a change in which the file's steps of indentation are looked for
_AROUND = 20_000
# characters of a change from which its lines are compared with those it replaces
_LONG = 4_000


def resulting_text(current: str | None, edit: FileEdit) -> str:
    """Return the file's text after ``edit``; ``current`` is its text now, None when there is no such file.

    Raises ``EditRefused`` when the edit would guess or lose: a block for an absent file or one that does not
    match exactly one place, new text that empties a file or leaves out parts of it behind a remark. Also for
    a file that is to be removed or renamed, which is no change of its text.
    """
    if isinstance(edit, DeleteFile | RenameFile):
        raise EditRefused(f"to {edit.kind} a file is no change of its text; send the lines to change")
    if isinstance(edit, WholeFile):
        change = one_change(current or "", _whole(current, edit))
    elif current is None:
        change = Splice(0, 0, _first_text(edit))
    else:
        change = placed_block(current, edit).splice
    return _in_its_characters(current or "", change, edit)


def _in_its_characters(current: str, change: Splice, edit: WholeFile | ReplaceBlock) -> str:
    """Return the text after a change, with straight quotes where curly ones break it.

    Raises ``EditRefused`` for new lines that would lose something, or may be meant otherwise than they stand.
    """
    text = change.applied_to(current)
    if not is_blank(current):
        _refuse_loss(current, change, text, edit.path)
    if not is_blank(current) and isinstance(edit, ReplaceBlock):
        _refuse_other_indentation(current, change, text, edit.path)
    if not has_curly(change.new_text):
        return text
    kept = set(current.splitlines())
    if new_fault(edit.path, current, text):
        straight = with_straight_quotes(text, kept)
        return text if check_syntax(edit.path, straight) else straight
    new = [line for line in change.new_text.splitlines() if line not in kept]
    if line := curly_code(edit.path, new):
        raise EditRefused(f"the new line {line.strip()[:80]!r} has curly quotes in code; write straight ones")
    return text


def placed_block(current: str, block: ReplaceBlock) -> Placement:
    """Return where a block stands in a file's text and the change it comes to; raises ``EditRefused``."""
    return placement(current, block.search, block.replace, block.hints)


def _refuse_other_indentation(current: str, change: Splice, text: str, path: str) -> None:
    if PurePosixPath(path).suffix.lower() in PROSE:
        # what is quoted in a text may be of any language
        return
    before = text.rfind("\n", 0, max(change.start - 1, 0)) + 1
    # with the line above it, and without lines that only moved
    changed = text[before : change.start + len(change.new_text)].splitlines()
    kept = set(current[change.start : change.end].splitlines())
    new = [line for line in changed[before < change.start :] if line not in kept]
    if not any(line[:1] in {" ", "\t"} for line in new):
        return
    if line := indented_otherwise(current, new):
        character = "tabs" if line.startswith("\t") else "spaces"
        raise EditRefused(
            f"the new line {line.strip()[:80]!r} is indented by {character}, unlike all other lines of the "
            "file; indent it as the file does"
        )
    around = current[max(0, change.start - _AROUND) : change.end + _AROUND]
    if line := stepped_otherwise(around, changed, new):
        raise EditRefused(
            f"the new line {line.strip()[:80]!r} is indented in another step than the file's blocks; "
            "indent it as the file does"
        )


def require_deletable(current: str | None, edit: DeleteFile) -> None:
    """Raise ``EditRefused`` unless the file is there and holds what the edit says of it."""
    if current is None:
        raise EditRefused("there is no such file, so it cannot be deleted")
    if edit.text is not None and _shape(current) != _shape(edit.text):
        raise EditRefused(
            "the lines to delete are not all that the file holds; read it again, or delete it without its lines"
        )


def _shape(text: str) -> list[str]:
    return [without_ending(line).rstrip() for line in split_lines(text.removeprefix("\ufeff"))]


def _whole(current: str | None, edit: WholeFile) -> str:
    _refuse_overwriting(current, edit)
    kept_bare = bool(current) and not current.endswith(("\n", "\r")) if current else False
    return edit.text.removesuffix("\n").removesuffix("\r") if kept_bare else edit.text


def _refuse_overwriting(current: str | None, edit: WholeFile) -> None:
    if edit.new and current is not None and current.strip() and _shape(current) != _shape(edit.text):
        raise EditRefused(
            "the file is there already, and the answer would create it; read it and send a change of its lines"
        )


def _first_text(block: ReplaceBlock) -> str:
    if block.search.strip():
        raise EditRefused("there is no such file, so nothing can be replaced in it; write it as a whole file")
    return placement("", "", block.replace).splice.new_text


def _refuse_loss(current: str, change: Splice, text: str, path: str) -> None:
    if is_blank(text):
        raise EditRefused("the new text is empty, which would lose the file's content; send the whole text")
    # a file written anew keeps most of its lines, and to look which is cheaper than to read them all
    parts = line_changes(current, text) if len(change.new_text) > _LONG else [change]
    suspects = list(_suspects(text, parts))
    if not suspects:
        return
    kept, lines = set(current.splitlines()), bare_lines(text)
    loses = _lines_lost(current, parts) > 1
    for at, line in suspects:
        if line not in kept and (stands_for_code(lines, at, path) or (loses and speaks_of_code(line))):
            raise EditRefused(
                f"line {at + 1} of the new text stands for code that was left out "
                f"({line.strip()!r}); send every line of the file, or use search/replace blocks"
            )


def _suspects(text: str, parts: Sequence[Splice]) -> Iterator[tuple[int, str]]:
    """Yield the new lines that may stand for code that was left out, with their indices in the new text."""
    grown = 0
    for part in parts:
        new = bare_lines(part.new_text)
        suspects = [index for index, line in enumerate(new) if is_elision(line) or speaks_of_code(line)]
        first = len(split_lines(text[: part.start + grown])) if suspects else 0
        yield from ((first + index, new[index]) for index in suspects)
        grown += len(part.new_text) - (part.end - part.start)


def _lines_lost(current: str, parts: Sequence[Splice]) -> int:
    """Return how many lines with text the changes remove and do not write again."""
    written = {line.strip() for part in parts for line in part.new_text.splitlines()}
    removed = (line.strip() for part in parts for line in current[part.start : part.end].splitlines())
    return sum(bool(line) and line not in written for line in removed)
