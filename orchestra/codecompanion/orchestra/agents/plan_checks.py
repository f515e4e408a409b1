"""What makes a well-formed plan unusable: checked before any agent begins; pure."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan, PlanTask
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.protected import why_protected

_WRITERS: Final = frozenset({Role.CODE_GENERATOR, Role.UI_DESIGNER, Role.TEST_WRITER})


def plan_complaints(plan: Plan, order: RunOrder) -> list[str]:
    """Return what makes a well-formed plan unusable for ``order``, as feedback for the model."""
    complaints = [*_impossible(plan), *_without_files(plan)]
    roles = {task.role for task in plan.tasks}
    if order.kind == "project" and Role.TEST_WRITER not in roles:
        complaints.append("a project needs tests: add a TestWriter task with the acceptance criteria to test")
    return complaints


def impossible(plan: Plan) -> str:
    """Return what of a person's plan cannot be carried out, as a sentence; empty where nothing is."""
    return "; ".join(_impossible(plan))


def _impossible(plan: Plan) -> Iterator[str]:
    for task in plan.tasks:
        yield from (f"task {task.id!r}: {said}" for path in task.files if (said := _trouble(path)))
        if task.role is Role.PROJECT_MANAGER:
            yield f"the ProjectManager only plans; give task {task.id!r} to one of the other agents"
    yield from _with_two_writers(plan)


def _without_files(plan: Plan) -> Iterator[str]:
    """A task that only reads is none: each agent looks for itself, and the tests run without being asked."""
    for task in plan.tasks:
        if not task.files and task.role in _WRITERS:
            yield (
                f"task {task.id!r} names no file to write; name its files, or leave it out: every agent reads "
                "what it needs by itself, and the tests are run at the end in any case"
            )


def _with_two_writers(plan: Plan) -> Iterator[str]:
    behind = _all_behind(plan)
    for one, other in combinations(plan.tasks, 2):
        shared = sorted(_clean_paths(one) & _clean_paths(other))
        if shared and other.id not in behind[one.id] and one.id not in behind[other.id]:
            yield (
                f"tasks {one.id!r} and {other.id!r} both write {', '.join(shared)} and neither waits for the "
                "other; make them one task, or let one depend on the other"
            )


def _all_behind(plan: Plan) -> dict[TaskId, set[TaskId]]:
    """Return for each task all that must be done before it, near and far."""
    direct = {task.id: set(task.depends_on) for task in plan.tasks}
    behind: dict[TaskId, set[TaskId]] = {}
    for task in plan.tasks:
        found: set[TaskId] = set()
        waiting = set(direct[task.id])
        while waiting:
            found |= waiting
            waiting = {far for near in waiting for far in direct[near]} - found
        behind[task.id] = found
    return behind


def _clean_paths(task: PlanTask) -> set[str]:
    """Return the files of a task in one spelling; those that cannot be used are complained of elsewhere."""
    return {relative_path(path) for path in task.files if not _trouble(path)}


def _trouble(path: str) -> str:
    try:
        return why_protected(relative_path(path))
    except WorkspaceError as error:
        return str(error)
