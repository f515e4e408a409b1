"""A plan as text that a person may change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.orchestra.plan_document import UnclearPlan, plan_as_text, plan_from_text

PLAN = Plan(
    summary="Lend books",
    complexity=Complexity(level="medium", reasons=("two parts",)),
    tasks=(
        PlanTask(
            id="code",
            title="Write the loans",
            role=Role.CODE_GENERATOR,
            files=("loans.py", "docs/a, b.md"),
            acceptance=("a loan has a due date: 14 days",),
            priority=Priority.HIGH,
        ),
        PlanTask(id="tests", title="Test the loans", role=Role.TEST_WRITER, depends_on=("code",)),
    ),
    left_out=("no page",),
)

words = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=12)
sentences = st.lists(words, min_size=1, max_size=4).map(" ".join)
names = st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    ids = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    tasks = tuple(
        PlanTask(
            id=name,
            title=draw(sentences),
            role=draw(st.sampled_from(Role)),
            depends_on=tuple(draw(st.sets(st.sampled_from(ids[:place])))) if place else (),
            files=tuple(draw(st.lists(words, max_size=3))),
            acceptance=tuple(draw(st.lists(sentences, max_size=3))),
            priority=draw(st.sampled_from(Priority)),
        )
        for place, name in enumerate(ids)
    )
    left_out = tuple(draw(st.lists(sentences, max_size=2)))
    return Plan(summary=draw(sentences), complexity=Complexity(level="small"), tasks=tasks, left_out=left_out)


@given(plans(), st.lists(sentences, max_size=2))
def test_any_plan_comes_back_from_its_text(plan: Plan, told: list[str]) -> None:
    instructions = {plan.tasks[0].id: tuple(told)} if told else {}
    draft = plan_from_text(plan_as_text(plan, instructions, ()), plan)
    assert draft.plan == plan
    assert draft.instructions == instructions


def test_the_text_reads_like_a_plan() -> None:
    text = plan_as_text(PLAN, {"tests": ("use plain asserts",)}, ["code"])
    assert text.startswith("# Plan: Lend books\n")
    assert "## code: Write the loans\n\n> This task has begun and stays as it is.\n" in text
    assert "- file: docs/a, b.md\n- done when: a loan has a due date: 14 days\n- priority: high\n" in text
    assert "- after: code\n- tell the agent: use plain asserts\n" in text
    assert text.endswith("## Left out\n\n- no page\n")


def test_a_person_takes_out_adds_and_changes() -> None:
    text = """\
# Plan: Lend books and films

## films: Write the films
* Agent: codegenerator
* file: films.py
> a note to myself: not read

## tests: Test all of it
- agent: TestWriter
- after: films
- priority: urgent
- done when:
"""
    plan = plan_from_text(text, PLAN).plan
    assert [task.id for task in plan.tasks] == ["films", "tests"]
    assert plan.summary == "Lend books and films"
    assert plan.complexity == PLAN.complexity
    assert plan.left_out == ()
    assert plan.tasks[0].files == ("films.py",)
    assert plan.tasks[1].priority is Priority.URGENT
    assert plan.tasks[1].acceptance == ()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "no task is left"),
        ("# Plan: x\n\nhello", 2, "'hello' cannot be read"),
        ("## code", 0, "is no task"),
        ("## code: x\n- agent: Manager", 1, "unknown agent 'Manager'; known: ProjectManager"),
        ("## code: x\n- colour: red", 1, "unknown entry 'colour'; known: agent, after"),
        ("## code: x\n- agent: Debugger\n- priority: soon", 2, "unknown priority 'soon'; known: low"),
        ("## code: x\n- file: a.py", 0, "names no agent"),
        (f"## code: {'x' * 300}\n- agent: Debugger", 0, "what it does is missing or too long"),
        (f"## {'c' * 90}: x\n- agent: Debugger", 0, "its name is missing or too long"),
        (
            "## a: x\n- agent: Debugger\n\n## b: y\n- agent: Debugger\n- after: c",
            3,
            "'c', which is not in the plan",
        ),
        ("## a: x\n- agent: Debugger\n- after: a", 0, "circle"),
        ("## a: x\n- agent: Debugger\n## a: y\n- agent: Debugger", 0, "share an id"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(UnclearPlan) as caught:
        plan_from_text(text, PLAN)
    assert caught.value.line == line
    assert said in caught.value.message
    assert str(caught.value).startswith(f"line {line + 1} of the plan: ")
