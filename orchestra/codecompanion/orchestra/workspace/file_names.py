"""File names compared as the most forgiving file systems do, so that no other spelling slips past a rule."""

import re
import unicodedata
from typing import Final

# shown as nothing, though they are no format characters (``Default_Ignorable_Code_Point`` of Unicode)
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def comparable(path: str) -> list[str]:
    """Return the names in a relative POSIX path, each in the one form that all its spellings share."""
    return [_comparable(name) for name in path.split("/")]


def _comparable(name: str) -> str:
    folded = name.lower() if name.isascii() else _folded(name)
    # on NTFS `name::$DATA` opens the file `name`, and dots and spaces at the end do not count
    return folded.partition(":")[0].rstrip(" .") or folded


def _folded(name: str) -> str:
    # HFS+ ignores zero-width characters, APFS and NTFS ignore case, APFS ignores normalisation;
    # full-width letters and the like are another name everywhere, but no person sees that
    visible = "".join(char for char in _UNSEEN.sub("", name) if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
