"""What a person is told of the rung on which a run's tests go (see ``verification.sandbox.Rung``); pure."""

from typing import Final

_MEANWHILE: Final = {
    "bubblewrap": "confined by bubblewrap",
    "landlock": "confined by landlock",
    "asking": "not confined, so you are asked first",
    "refusing": "if they may: nothing here can confine them, and nobody can be asked",
    "unguarded": "not confined, since the setting `sandbox` is off",
}
_AFTERWARDS: Final = {
    "bubblewrap": "Tests ran confined by bubblewrap.",
    "landlock": "Tests ran confined by landlock.",
    "asking": "Tests ran with your own rights, after you were asked: nothing here can confine them.",
    "unguarded": "Tests ran with your own rights: the setting `sandbox` is off.",
}


def while_running(rung: str) -> str:
    """Return the words to go behind "running the tests", empty where the rung is not known."""
    return f", {_MEANWHILE[rung]}" if rung in _MEANWHILE else ""


def afterwards(rung: str) -> str:
    """Return the sentence about tests that ran, empty where the rung is not known."""
    return _AFTERWARDS.get(rung, "")
