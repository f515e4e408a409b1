"""What can be wrong with settings, said in whole sentences."""

from collections.abc import Iterable, Sequence
from os.path import commonprefix

from codecompanion.contracts.errors import OrchestraError

MOST_SHOWN = 20


class SettingsError(OrchestraError):
    """Settings that cannot be taken: ``problems`` holds one sentence for each, at least one.

    No sentence ever holds a secret value.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)

    def __reduce__(self) -> tuple[type["SettingsError"], tuple[list[str]]]:
        return SettingsError, (self.problems,)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown ``name``: the nearest known one, or all of them."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    names = sorted(known)
    # what all names begin with says nothing, yet would make any two of them look alike
    shared = commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071 - letter by letter is meant
    folded = {known_name.removeprefix(shared).casefold(): known_name for known_name in names}
    near = get_close_matches(name[:100].removeprefix(shared).casefold(), folded, n=1, cutoff=0.7)
    if near:
        return f"; did you mean {folded[near[0]]!r}?"
    return f"; known: {', '.join(names)}"


def bounded(problems: Sequence[str]) -> list[str]:
    """Return the problems, a long list cut to a number a person reads."""
    if len(problems) <= MOST_SHOWN:
        return list(problems)
    return [*problems[:MOST_SHOWN], f"and {len(problems) - MOST_SHOWN} more problems of this kind"]
