"""A run that a limit ended says which, and goes on in a fork once the limit is raised."""

from collections.abc import Callable
from typing import Any


def test_a_limit_is_named_with_its_setting_and_a_fork_goes_on(orchestra: Callable[..., Any]) -> None:
    ended = orchestra("run", "a to-do list web app", "--offline", env={"ORCHESTRA_MAX_CALLS": "2"})
    assert ended.returncode == 1
    assert "has made 2 model calls, and the setting `maxCalls` allows 2" in ended.stdout
    assert "maxCalls" in orchestra("runs", "show").stdout
    still = orchestra("runs", "fork", env={"ORCHESTRA_MAX_CALLS": "2", "ORCHESTRA_OFFLINE": "true"})
    assert still.returncode == 1, "what the run had used before the fork counts on"
    raised = orchestra("runs", "fork", env={"ORCHESTRA_OFFLINE": "true"})
    assert raised.returncode == 0, raised.stdout + raised.stderr
    assert "tests pass" in raised.stdout
