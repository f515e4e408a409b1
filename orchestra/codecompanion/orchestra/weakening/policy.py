"""What an agent that mends may do to tests; pure.

The rule: mending never makes the tests check less. A change to a test file is let through when every test is
still there, is run as often and demands at least as much, and nothing new leaves tests out or stands in for
what is tested. Where failing tests are all that a person gave, their tests are the order: they may be added to,
but stay word for word. Where the request is about the tests themselves, the rule rests.
"""

import re
from pathlib import PurePosixPath
from typing import Final

from codecompanion.contracts.orders import RunOrder
from codecompanion.orchestra.weakening.census import Census, losses
from codecompanion.orchestra.weakening.javascript_tests import javascript_census
from codecompanion.orchestra.weakening.other_tests import rough_census
from codecompanion.orchestra.weakening.python_tests import python_census
from codecompanion.orchestra.weakening.run_settings import changed_settings
from codecompanion.orchestra.workspace.code_files import is_code

CLAIM: Final = "TEST IS WRONG"
"""The words by which the Debugger says that a test cannot be right."""

_MOST_READ_CLOSELY: Final = 300_000
_JAVASCRIPT: Final = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})
_TEST_FOLDERS: Final = frozenset({"test", "tests", "__tests__", "spec", "specs", "__snapshots__"})
_TEST_NAME = re.compile(
    r"conftest\.py|tests?\.\w+|(?:test|spec)[-_.].*|.*[-_.](?:tests?|specs?)\.\w+|.*(?:Test|Tests|Spec)\.\w+"
)
# a verb, and as its object the tests: "update calc.py until the tests pass" is not about the tests
_ABOUT_TESTS = re.compile(
    r"\b(?:remove|delete|drop|skip|disable|ignore|rename|rewrite|change|update|adapt|adjust|correct|move|split"
    r"|merge|simplify|relax|loosen|mark)\s+"
    r"(?:(?!(?:so|to|until|and|that|with|when|if|for|in|because|then|by|after|before)\b)[\w'-]+\s+){0,3}"
    r"(?:(?:unit|failing|flaky)\s+)?(?:tests?|specs?|assertions?|test_\w+|\w+_test)\b",
    re.IGNORECASE,
)


def is_about_tests(order: RunOrder) -> bool:
    """Whether a person asked to write or change the tests themselves, so that mending may do so too."""
    if order.kind == "tests" or (order.place is not None and is_test_file(order.place.path)):
        return True
    return order.kind == "change" and speaks_of_tests(order.request)


def speaks_of_tests(request: str) -> bool:
    """Whether a request has the tests as what is to be changed."""
    return _ABOUT_TESTS.search(request) is not None


def is_test_file(path: str) -> bool:
    """Whether a workspace path is one that tests, or what they read, usually have."""
    place = PurePosixPath(path)
    return bool(_TEST_FOLDERS.intersection(place.parts[:-1]) or _TEST_NAME.fullmatch(place.name))


def weakened(path: str, before: str | None, after: str, *, word_for_word: bool = False) -> list[str]:
    """Return in which ways a change makes the tests check less, each as a clause that names it.

    ``before`` is None for a new file. ``word_for_word``: the tests in it may be added to but not changed.
    """
    said = changed_settings(path, before, after)
    if holds_tests(path):
        said += losses(*censuses(path, before or "", after), word_for_word=word_for_word)
    elif word_for_word and is_test_file(path) and not is_code(path) and before not in (None, after):
        said.append(f"{path!r} belongs to the tests and would be changed")
    return said


def holds_tests(path: str) -> bool:
    """Whether a file may hold tests that can be told apart."""
    # Rust has its tests in the files they test
    return is_code(path) and (is_test_file(path) or _suffix(path) == ".rs")


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def censuses(path: str, before: str, after: str) -> tuple[Census, Census]:
    """Return the census of two versions of a file, both taken in the same way."""
    suffix = _suffix(path)
    if max(len(before), len(after)) > _MOST_READ_CLOSELY:
        return rough_census(before), rough_census(after)
    if suffix in _JAVASCRIPT:
        return javascript_census(before), javascript_census(after)
    if suffix in (".py", ".pyi"):
        then, now = python_census(before), python_census(after)
        if then is not None and now is not None:
            return then, now
    return rough_census(before), rough_census(after)


def refusal(reasons: list[str]) -> str:
    """Return the feedback for an agent whose change would weaken the tests."""
    shown = "; ".join(reasons[:8]) + (f"; and {len(reasons) - 8} more" if len(reasons) > 8 else "")
    return (
        f"this would weaken the tests: {shown}.\n"
        "The tests stay as strict as they are: mend the code that they test. Tests may be added. If you are "
        "sure that a test itself is wrong, send no file and say so in one line that begins with these words, "
        f"then which test and why:\n{CLAIM}: "
    )


def claim_in(prose: str) -> str:
    """Return what an agent says is wrong about a test, empty when it says nothing of the kind."""
    match = re.search(rf"^\W*{CLAIM}\b[^\w\n]*(\w.*)$", prose, re.MULTILINE)
    return match[1].strip(" *`_") if match else ""
