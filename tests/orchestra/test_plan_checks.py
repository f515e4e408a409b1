"""A plan that could not be carried out is sent back with what is wrong with it."""

import json
from typing import Any

import pytest

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.agents.plan_checks import plan_complaints
from codecompanion.orchestra.edits.tolerant_json import parse_answer

CHANGE = RunOrder(kind="change", request="do it", workspace="/w")


def plan(*tasks: tuple[str, str, list[str], list[str]]) -> dict[str, Any]:
    return {
        "summary": "as asked",
        "complexity": {"level": "small"},
        "tasks": [
            {"id": name, "title": name, "role": role, "files": files, "dependsOn": after}
            for name, role, files, after in tasks
        ],
    }


def complaints(*tasks: tuple[str, str, list[str], list[str]]) -> str:
    return "; ".join(plan_complaints(Plan.model_validate(plan(*tasks)), CHANGE))


def test_one_file_has_one_writer_at_a_time() -> None:
    said = complaints(("a", "CodeGenerator", ["x.py"], []), ("b", "UIDesigner", ["y.py", "./x.py"], []))
    assert said == (
        "tasks 'a' and 'b' both write x.py and neither waits for the other; "
        "make them one task, or let one depend on the other"
    )


@pytest.mark.parametrize("after", [["a"], ["between"]])
def test_writers_that_wait_for_each_other_may_share_a_file(after: list[str]) -> None:
    tasks = [("a", "CodeGenerator", ["x.py"], []), ("between", "CodeGenerator", ["y.py"], ["a"])]
    assert complaints(*tasks, ("b", "CodeGenerator", ["x.py"], after)) == ""
    assert complaints(("b", "CodeGenerator", ["x.py"], after), *tasks) == ""


def test_waiting_for_the_same_task_is_not_waiting_for_each_other() -> None:
    tasks = [("a", "CodeGenerator", ["a.py"], []), ("b", "CodeGenerator", ["x.py"], ["a"])]
    assert "tasks 'b' and 'c' both write x.py" in complaints(*tasks, ("c", "CodeGenerator", ["x.py"], ["a"]))


@pytest.mark.parametrize("role", ["CodeGenerator", "UIDesigner", "TestWriter"])
def test_a_task_that_only_reads_is_none(role: str) -> None:
    said = complaints(("look", role, [], []), ("code", "CodeGenerator", ["x.py"], ["look"]))
    assert said.startswith("task 'look' names no file to write; name its files, or leave it out")


def test_a_repair_need_not_know_its_files() -> None:
    assert complaints(("mend", "Debugger", [], [])) == ""


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ([("a", "CodeGenerator", ["a.py"], ["b"]), ("b", "CodeGenerator", ["b.py"], ["a"])], "in a circle"),
        ([("a", "CodeGenerator", ["a.py"], ["a"])], "in a circle"),
        ([("a", "CodeGenerator", ["a.py"], ["z"])], "depends on 'z', which is not in the plan"),
        ([("a", "CodeGenerator", ["a.py"], []), ("a", "CodeGenerator", ["b.py"], [])], "two tasks share an id"),
    ],
)
def test_circles_and_unknown_or_double_ids_never_get_that_far(tasks: list[Any], said: str) -> None:
    with pytest.raises(BadAnswer, match=said):
        parse_answer(json.dumps(plan(*tasks)), Plan)
