"""Characters a reader does not see and a program does: hidden orders, swapped sides, look-alike names. Pure.

Known from CVE-2021-42574 ("Trojan Source"). What scripts and emoji need is told apart by what stands beside it.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from codecompanion.contracts.edits import FileEdit, ReplaceBlock, WholeFile

_MOST_NAMED: Final = 3
_SUSPECT: Final = re.compile(
    "[\u202a-\u202e\u2066-\u2069]"  # embeddings, overrides and isolates turn the order of what follows
    "|[\u200b\u2060-\u2064\u206a-\u206f\u180e\u00ad\ufff9-\ufffb]"
    "|(?<!\\A)\ufeff"
    "|[\u115f\u1160\u3164\uffa0]"  # fillers that count as letters
    # a flag of a part of a country is spelled with tags after a black flag; elsewhere they hide text
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"  # one chooses a glyph, several carry data
    # joiners and marks belong between letters of the scripts that need them, not beside ASCII
    "|(?<=[A-Za-z0-9_])[\u200c-\u200f\u061c]|[\u200c-\u200f\u061c](?=[A-Za-z0-9_])"
)


class Invisible(NamedTuple):
    """One such place: the line, from 1, and what stands there in words."""

    line: int
    name: str


def invisible_in(text: str) -> Iterator[Invisible]:
    """Yield the places of a text, in order."""
    for found in _SUSPECT.finditer(text):
        char = found[0][0]
        name = unicodedata.name(char, "an unnamed character").lower()
        yield Invisible(text.count("\n", 0, found.start()) + 1, f"U+{ord(char):04X} {name}")


def why_suspicious(edit: FileEdit) -> str:
    """Return the sentence a person reads when an edit brings such characters, empty when it brings none."""
    found = list(invisible_in(_new_text(edit)))
    known = [place.name for place in invisible_in(edit.search)] if isinstance(edit, ReplaceBlock) else []
    brought = [place for place in found if place.name not in known]
    if not brought:
        return ""
    named = "; ".join(f"line {place.line}: {place.name}" for place in brought[:_MOST_NAMED])
    more = f" and {len(brought) - _MOST_NAMED} more" if len(brought) > _MOST_NAMED else ""
    of_what = "the new lines" if isinstance(edit, ReplaceBlock) else "the file"
    return (
        f"an agent's edit of {edit.path!r} brings characters that cannot be seen ({named}{more}, counted in "
        f"{of_what}); they can make code read other than it runs, so look at them before you use it"
    )


def _new_text(edit: FileEdit) -> str:
    if isinstance(edit, WholeFile):
        return edit.text
    return edit.replace if isinstance(edit, ReplaceBlock) else ""
