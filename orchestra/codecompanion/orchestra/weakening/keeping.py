"""What an agent that does not mend may do to tests that were there before its run; pure.

What a test expects changes with what the program is asked to do, so nearly everything is let through. But no
request for other code switches a test off or leaves it without an assertion, and only one that takes something
away, or makes it anew, lets tests go.
"""

import re

from codecompanion.orchestra.weakening.census import taken_from
from codecompanion.orchestra.weakening.policy import censuses, holds_tests

_TAKING_AWAY = re.compile(
    r"\b(?:remov|delet|drop|replac|renam|retir|eliminat|get rid|strip|simplif|merg|split|mov|migrat|port\b"
    r"|convert|switch|re-?writ|refactor|restructur|reorgani|consolidat|clean|inlin|extract|deprecat|revert|undo"
    r"|no longer|instead of)",
    re.IGNORECASE,
)


def taken_out(path: str, before: str | None, after: str, request: str) -> list[str]:
    """Return which tests a change takes out that the request does not, each as a clause that names it."""
    if before is None or not holds_tests(path):
        return []
    may_go = _TAKING_AWAY.search(request) is not None
    return taken_from(*censuses(path, before, after), may_go=may_go)


def refusal_to_take_out(reasons: list[str]) -> str:
    """Return the feedback for an agent whose change would take out tests."""
    shown = "; ".join(reasons[:8]) + (f"; and {len(reasons) - 8} more" if len(reasons) > 8 else "")
    return (
        f"this would take out tests: {shown}.\n"
        "The request does not ask for that, so the tests that were there stay and are run. What they expect "
        "may be changed where the request changes it."
    )
