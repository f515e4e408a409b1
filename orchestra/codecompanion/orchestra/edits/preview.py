"""What a file will read like after an edit, before anyone writes it."""

import re

from codecompanion.contracts.edits import FileEdit, ReplaceBlock
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.matching import replace_once

# a comment that stands for code: "... rest of the code", "remaining methods unchanged"
_ELISION = re.compile(
    r"""\s*(?:\#|//|/\*|<!--|--|;|\{/\*)[\s\[(]*
    (?: (?:\.\.\.|…)\s*\(?(?:the\s)?(?:rest|remaining|existing|unchanged|previous|other|same)\b.*
      | (?:the\s)?(?:(?:rest|remainder)\sof\s(?:the|this|your)|remaining|existing|unchanged|previous)
        \s(?:file|code|class|function|method|module|implementation|import|test)(?:e?s)?\b
        .{0,60}(?:\.\.\.|…|\bunchanged\b|\bthe\ssame\b|\bas\sbefore\b|\bgo(?:es)?\shere\b).*
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def resulting_text(current: str | None, edit: FileEdit) -> str:
    """Return the file's text after ``edit``; ``current`` is its text now, None when there is no such file.

    Raises ``EditRefused`` when the edit would guess or lose: a block for an absent file or one that does not
    match exactly one place, a whole file that empties a file or leaves out parts of it behind a remark.
    """
    if isinstance(edit, ReplaceBlock):
        return _replaced(current, edit)
    if current is not None:
        _refuse_loss(current, edit.text)
    return edit.text


def _replaced(current: str | None, block: ReplaceBlock) -> str:
    if current is not None:
        return replace_once(current, block.search, block.replace)
    if block.search.strip():
        raise EditRefused("there is no such file, so nothing can be replaced in it; write it as a whole file")
    return replace_once("", "", block.replace)


def _refuse_loss(current: str, new: str) -> None:
    if current.strip() and not new.strip():
        raise EditRefused("the new text is empty, which would lose the file's content; send the whole text")
    kept = set(current.splitlines())
    for number, line in enumerate(new.splitlines(), 1):
        if line not in kept and len(line) < 200 and _ELISION.fullmatch(line):
            raise EditRefused(
                f"line {number} of the new text stands for code that was left out ({line.strip()!r}); "
                "send every line of the file, or use search/replace blocks"
            )
