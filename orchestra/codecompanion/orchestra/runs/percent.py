"""How far a run is, in whole percent."""

from codecompanion.orchestra.runs.state import RunState, TaskState

_PLANNED, _WORKED, _ALMOST = 10, 80, 99
MOVES_PERCENT = frozenset({"outcome", "plan", "planning", "worked", "tasks", "reports", "testing"})
"""The fields of a state that its percent is told from."""


def percent_of(state: RunState) -> int:
    """How far a run is: a tenth for the plan, seven for the tasks, the rest for tests and repairs."""
    if state.ended:
        return 100
    if state.plan is None:
        return 3 if state.planning else 0
    whole = 1000 * len(state.plan.tasks)
    percent = _PLANNED + (_WORKED - _PLANNED) * state.worked / whole
    rounds = len(state.reports) + (0.5 if state.testing and state.worked >= whole else 0)
    return min(_ALMOST, int(percent + 6 * rounds))


def share(task: TaskState) -> int:
    """How far a task is, in thousandths: whole numbers add up to the same in any order."""
    if task.phase in ("done", "failed"):
        return 1000
    if task.phase == "waiting":
        return 0
    return 100 + (800 * min(task.done, task.total) // task.total if task.total > 0 else 0)
