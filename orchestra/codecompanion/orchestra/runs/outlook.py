"""What is to be expected of a run, told from where it stands: what its models are chosen by."""

from codecompanion.contracts.messages import Role
from codecompanion.orchestra.runs.state import RunState


def progress(state: RunState) -> float | None:
    """Return the share of a run's tasks that have ended, planning among them; None before there is a plan."""
    if state.plan is None:
        return None
    ended = sum(task.phase in ("done", "failed") for task in state.tasks.values())
    return (ended + 1) / (len(state.tasks) + 1)


def will_be_tested(state: RunState) -> bool:
    """Whether tests are sure to judge the work, and what they find can be mended."""
    if state.order is None or state.order.max_repairs == 0:
        return False
    writing = any(one.task.role is Role.TEST_WRITER and one.phase != "failed" for one in state.tasks.values())
    return writing or any(report.ran for report in state.reports)
