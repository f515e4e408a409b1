"""Why an agent must not make a change to tests: by its role, and by what the person asked for."""

from collections.abc import Callable, Mapping

from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.orchestra.weakening.keeping import refusal_to_take_out, taken_out
from codecompanion.orchestra.weakening.policy import is_about_tests, refusal, speaks_of_tests, weakened

Objection = Callable[[str, str | None, str], str]
"""From a path and its text before (None: no such file) and after to why that must not be, empty if it may."""
Bases = Callable[[], Mapping[str, str | None]]
"""What stood, before the run, in each file that it has changed so far."""


def objection_of(role: Role, order: RunOrder, bases: Bases, *, word_for_word: bool) -> Objection | None:
    """Return what objects to an agent's changes; None: it may make any.

    Whoever mends must not make the tests check less; the others must not take out tests that were there before,
    unless the tests are what was asked for, or what they are there for. ``word_for_word``: failing tests were
    all that was given.
    """
    if is_about_tests(order):
        return None
    if role is Role.DEBUGGER or order.kind == "fix":
        return _to_weakening(bases, word_for_word=word_for_word)
    if role is Role.TEST_WRITER or speaks_of_tests(order.request):
        return None
    return _to_taking_out(order.request, bases)


def _to_weakening(bases: Bases, *, word_for_word: bool) -> Objection:
    def object_to(path: str, before: str | None, after: str) -> str:
        persons_own = bases().get(path, before) is not None
        reasons = weakened(path, before, after, word_for_word=word_for_word and persons_own)
        return refusal(reasons) if reasons else ""

    return object_to


def _to_taking_out(request: str, bases: Bases) -> Objection:
    def object_to(path: str, before: str | None, after: str) -> str:
        if bases().get(path, before) is None:
            return ""
        reasons = taken_out(path, before, after, request)
        return refusal_to_take_out(reasons) if reasons else ""

    return object_to
