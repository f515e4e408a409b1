"""What an agent remembers comes of the log, is bounded, and keeps the gist of what no longer fits."""

from codecompanion.contracts import events as e
from codecompanion.contracts.messages import Role
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.orchestra.agents.history import Turn, Turns, remembered

CODE, TESTS = Role.CODE_GENERATOR, Role.TEST_WRITER


def turn(number: int, size: int = 10) -> Turn:
    return Turn(f"task {number}", "q" * size, f"did {number}")


def test_recent_turns_are_kept_whole_in_order() -> None:
    messages = remembered([turn(1), turn(2)], 1000)
    assert [message.role for message in messages] == ["user", "assistant", "user", "assistant"]
    assert [message.text for message in messages[:2]] == ["q" * 10, "did 1"]


def test_older_turns_become_one_line_each() -> None:
    messages = remembered([turn(number, 60) for number in range(10)], 100)
    assert "- task 7: did 7" in messages[0].text
    assert "- … and 3 tasks before these" in messages[0].text
    assert messages[-1].text == "did 9"
    assert "task 9" not in messages[0].text
    assert "- … and 1 task before these" in remembered([turn(0), turn(1, 99), turn(2, 99)], 40)[0].text


def test_it_never_grows_past_its_bound_by_more_than_the_summary() -> None:
    messages = remembered([turn(number, 100) for number in range(200)], 500)
    assert sum(len(message.text) for message in messages) <= 2 * 500 + 150


def test_who_has_done_nothing_remembers_nothing() -> None:
    assert remembered(Turns().of(CODE), 100) == ()


def test_the_finished_tasks_of_each_role_are_told_from_the_log() -> None:
    plan = Plan(
        summary="s",
        complexity=Complexity(level="small"),
        tasks=tuple(PlanTask(id=name, title=f"Write {name}", role=CODE) for name in ("a", "b", "c")),
    )
    mend = PlanTask(id="mend-1", title="Mend", role=Role.DEBUGGER)
    turns = Turns([e.PlanMade(plan=plan), e.AgentAsked(task_id="a", role=CODE, text="do a")])
    assert turns.of(CODE) == ()
    for event in (
        e.AgentAsked(task_id="a", role=CODE, text="that was no answer"),
        e.TaskFinished(task_id="a", summary="a is there"),
        e.AgentAsked(task_id="b", role=CODE, text="do b"),
        e.TaskFailed(task_id="b", reason="no"),
        e.TaskFinished(task_id="c", summary="nothing was to do"),
        e.TaskAdded(task=mend),
        e.AgentAsked(task_id="mend-1", role=Role.DEBUGGER, text="mend it"),
        e.TaskFinished(task_id="mend-1", summary="mended"),
    ):
        turns.heard(event)
    assert turns.of(CODE) == [Turn("Write a", "do a", "a is there")]
    assert turns.of(Role.DEBUGGER) == [Turn("Mend", "mend it", "mended")]
    assert turns.of(TESTS) == ()
