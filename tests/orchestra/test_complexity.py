"""The size of a request, judged before any model is asked."""

import pytest

from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import Place, RunOrder, Simulation
from codecompanion.orchestra.complexity import assess, plan_simulation, plan_without_manager


def order(kind: str, request: str, path: str | None = None, **more: object) -> RunOrder:
    place = Place(path=path) if path else None
    return RunOrder.model_validate(
        {"kind": kind, "request": request, "workspace": "/w", "place": place, **more}
    )


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        (order("change", "rename the variable to total", "a.py"), "small"),
        (order("change", "handle an empty list here", "a.py"), "small"),
        (order("change", "fix the typo"), "small"),
        (order("project", "a to-do list"), "medium"),
        (
            order(
                "project",
                "an API service with a database, a web page, a dashboard, tests, and an import pipeline",
            ),
            "large",
        ),
        (order("change", "refactor the API, the database and the dashboard, and migrate all files"), "large"),
    ],
)
def test_level(asked: RunOrder, level: str) -> None:
    assert assess(asked, 10).level == level
    assert assess(asked, 10).reasons


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("change", Role.CODE_GENERATOR),
        ("tests", Role.TEST_WRITER),
        ("fix", Role.DEBUGGER),
        ("design", Role.UI_DESIGNER),
    ],
)
def test_a_request_at_a_place_is_one_agents_work(kind: str, role: Role) -> None:
    asked = order(kind, "do it", "src/a.py")
    plan = plan_without_manager(asked, assess(asked, 10))
    assert plan is not None
    assert [task.role for task in plan.tasks] == [role]


def test_a_project_and_a_wide_change_are_planned_by_the_manager() -> None:
    wide = order("change", "refactor the API, the database and the dashboard, and migrate all files")
    for asked in (order("project", "a shop"), wide):
        assert plan_without_manager(asked, assess(asked, 10)) is None


def test_a_rehearsal_has_as_many_tasks_as_asked() -> None:
    asked = order("simulation", "", simulation=Simulation(tasks=7, seconds=0))
    plan = plan_simulation(asked, assess(asked, 0))
    assert len(plan.tasks) == 7
    assert plan.tasks[2].depends_on == ("simulated-1",)
