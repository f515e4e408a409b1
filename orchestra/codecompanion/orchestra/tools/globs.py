"""Which paths a model's folder or pattern means, in time linear in the path."""

import re
from collections.abc import Callable
from fnmatch import translate

_BRACES = re.compile(r"\{([^{}]*)\}")
_MOST_ALTERNATIVES = 64

_Part = Callable[[str], object] | None


def path_matcher(glob: str) -> Callable[[str], bool]:
    """Return a predicate for relative POSIX paths.

    A pattern without a slash means that name in any folder; ``**`` is any number of folders, ``{a,b}``
    either; a pattern that matches a folder means everything in it; an empty one means every file.
    """
    patterns = [_parts(alternative) for alternative in _alternatives(glob.replace("\\", "/"))]
    return lambda path: any(_matches(pattern, path.split("/")) for pattern in patterns)


def _alternatives(glob: str) -> list[str]:
    done: list[str] = []
    waiting = [glob]
    while waiting and len(done) + len(waiting) <= _MOST_ALTERNATIVES:
        pattern = waiting.pop()
        braces = _BRACES.search(pattern)
        if braces is None:
            done.append(pattern)
        else:
            waiting += [
                pattern[: braces.start()] + choice + pattern[braces.end() :] for choice in braces[1].split(",")
            ]
    return done + waiting


def _parts(glob: str) -> list[_Part]:
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    if len(parts) == 1:
        parts.insert(0, "**")
    # fnmatch translates to atomic groups, so no pattern can backtrack for long
    return [None if part == "**" else re.compile(translate(part)).match for part in parts]


def _matches(pattern: list[_Part], names: list[str]) -> bool:
    """Step through the names with the set of all pattern positions reached so far."""
    reached = _skipping_folders(pattern, {0})
    for name in names:
        if len(pattern) in reached:
            return True
        following = {at for at in reached if pattern[at] is None}
        following |= {at + 1 for at in reached if (part := pattern[at]) is not None and part(name)}
        reached = _skipping_folders(pattern, following)
    return len(pattern) in reached


def _skipping_folders(pattern: list[_Part], reached: set[int]) -> set[int]:
    """Add the positions behind each ``**``, which may stand for no folder at all."""
    for at, part in enumerate(pattern):
        if part is None and at in reached:
            reached.add(at + 1)
    return reached
