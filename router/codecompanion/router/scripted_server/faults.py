"""Ways for the scripted provider to fail, as the real ones do."""

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["error", "reset", "hang", "cut", "garbage", "web page", "trickle", "empty", "redirection"]
Problem = Literal["rate limit", "trouble", "key", "model", "too long", "credit", "request"]

_PROBLEM_OF: dict[int, Problem] = {401: "key", 402: "credit", 403: "key", 404: "model", 429: "rate limit"}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault; make it with the functions of this module.

    ``after`` is the number of tokens sent before it strikes, ``retry_after`` the header of that name.
    """

    kind: FaultKind
    after: int = 0
    status: int = 200
    problem: Problem = "request"
    retry_after: str = ""
    location: str = ""
    politely: bool = False
    seconds_per_byte: float = 1.0


def status(code: int, *, retry_after: str | float = "") -> Fault:
    """Answer with an HTTP error; ``retry_after`` is in seconds, or an HTTP date."""
    problem = _PROBLEM_OF.get(code, "trouble" if code >= 500 else "request")
    return Fault(kind="error", status=code, problem=problem, retry_after=str(retry_after))


def too_long() -> Fault:
    """Say that the request does not fit the model's context window."""
    return Fault(kind="error", status=400, problem="too long")


def no_credit() -> Fault:
    """Say that the account cannot pay, in each provider's own way."""
    return Fault(kind="error", status=429, problem="credit")


def reset() -> Fault:
    """Break the connection before any answer."""
    return Fault(kind="reset")


def hang(*, after: int = 0) -> Fault:
    """Fall silent and keep the connection open: at once, or after so many tokens."""
    return Fault(kind="hang", after=after)


def cut(*, after: int, politely: bool = False) -> Fault:
    """Stop after so many tokens; ``politely`` ends the HTTP answer in good order, only the answer is half."""
    return Fault(kind="cut", after=after, politely=politely)


def garbage(*, after: int = 0) -> Fault:
    """Send broken JSON: at once, or after so many tokens."""
    return Fault(kind="garbage", after=after)


def redirection(where: str) -> Fault:
    """Send the client to another address."""
    return Fault(kind="redirection", status=307, location=where)


def web_page(*, code: int = 200) -> Fault:
    """Answer with HTML, as a proxy or a wrong address does."""
    return Fault(kind="web page", status=code)


def trickle(*, seconds_per_byte: float = 1.0) -> Fault:
    """Send the right answer, one byte at a time."""
    return Fault(kind="trickle", seconds_per_byte=seconds_per_byte)


def empty() -> Fault:
    """Send a complete answer with nothing in it."""
    return Fault(kind="empty")
