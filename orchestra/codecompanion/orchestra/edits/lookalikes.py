"""Blocks that fit one place as they are indented, and others if the reply is indented unlike the file."""

from itertools import islice

from codecompanion.contracts.edits import FileEdit, ReplaceBlock
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.ladder import Rung, occurrences
from codecompanion.orchestra.edits.preview import placed_block


def is_shifted(text: str | None, edit: FileEdit) -> bool:
    """Whether an edit is a block that fits the text with another indentation only."""
    if not isinstance(edit, ReplaceBlock) or not text or _stands_as_it_is(text, edit.search):
        return False
    try:
        return placed_block(text, edit).span.rung is Rung.INDENTATION
    except EditRefused:
        return False


def is_lookalike(text: str | None, edit: FileEdit) -> bool:
    """Whether an edit is a block whose old lines stand in the text more than once, indented in any way."""
    if not isinstance(edit, ReplaceBlock) or not text:
        return False
    wanted = [line.strip() for line in edit.search.splitlines()]
    # to count the longest line takes no time, and it mostly stands there once
    if not wanted or text.count(max(wanted, key=len)) < 2:
        return False
    return len(list(islice(occurrences([line.strip() for line in text.splitlines()], wanted), 2))) > 1


def may_stand_elsewhere(text: str | None, edit: FileEdit) -> str:
    """Return what to say of a lookalike when other blocks show that the reply is indented unlike the file."""
    return (
        f"the reply is indented unlike the file, and the lines found at {_place(text, edit)} stand elsewhere "
        "as well, with another indentation; add lines from above or below"
    )


def _place(text: str | None, edit: FileEdit) -> str:
    try:
        line = placed_block(text or "", edit).span.first_line if isinstance(edit, ReplaceBlock) else 1
    except EditRefused:
        return edit.path
    return f"{edit.path} line {line}"


def _stands_as_it_is(text: str, search: str) -> bool:
    return bool(search) and (text.startswith(search) or f"\n{search}" in text)
