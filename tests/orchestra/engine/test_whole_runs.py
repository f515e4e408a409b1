"""Whole runs, from the request to the verdict of executed tests."""

from collections.abc import Callable

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.router.scripted_client import Asked, Reply

GOOD = "FILE: calc.py\n```python\ndef add(a, b):\n    return a + b\n```\n"
BAD = GOOD.replace("a + b", "a - b")
TESTS = """FILE: test_calc.py
```python
import unittest

from calc import add


class AddTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(add(1, 2), 3)

    def test_below_zero(self):
        self.assertEqual(add(-1, 1), 0)
```
"""
MEND = """It subtracted.

FILE: calc.py
<<<<<<< SEARCH
    return a - b
=======
    return a + b
>>>>>>> REPLACE
"""
TASKS = (
    ("code", "CodeGenerator", ["calc.py"], []),
    ("tests", "TestWriter", ["test_calc.py"], []),
)
PlanText = Callable[..., str]


def by_role(**texts: str) -> Callable[[Asked], Reply]:
    """Answer each role with its text; what a role says again and again is the same."""

    def reply(asked: Asked) -> Reply:
        assert asked.request is not None
        return Reply(text=texts[asked.request.role.name])

    return reply


async def test_a_request_becomes_tested_software(bench, plan_text: PlanText) -> None:
    replies = by_role(PROJECT_MANAGER=plan_text(*TASKS), CODE_GENERATOR=GOOD, TEST_WRITER=TESTS)
    async with bench(replies) as b:
        status = await b.run("an adder")
        assert (status.phase, status.tests_passed, status.tests_failed) == ("done", 2, 0)
        assert status.summary.startswith("2 files written: ")
        assert ". All 2 tests pass. Tests ran with your own rights" in status.summary
        assert sorted(status.files) == ["calc.py", "test_calc.py"]
        assert "return a + b" in (b.root / "calc.py").read_text(encoding="utf-8")
        events = await b.events(status.run_id)
        assert events[0].event == "run_started"
        assert events[-1].event == "run_finished"


async def test_every_edit_is_recorded_before_it_is_settled_and_every_answer_before_the_task_ends(
    bench, plan_text: PlanText
) -> None:
    replies = by_role(PROJECT_MANAGER=plan_text(*TASKS), CODE_GENERATOR=GOOD, TEST_WRITER=TESTS)
    async with bench(replies) as b:
        status = await b.run("an adder")
        names = [event.event for event in await b.events(status.run_id)]
        proposed = [event.edit_id for event in await b.events(status.run_id, "edit_proposed")]
        settled = [event.outcome.edit_id for event in await b.events(status.run_id, "edit_settled")]
        assert sorted(proposed) == sorted(settled)
        assert names.index("edit_proposed") < names.index("edit_settled")
        assert names.index("model_answered") < names.index("plan_made")


async def test_handoffs_are_messages_with_references_and_causes(bench, plan_text: PlanText) -> None:
    tasks = (("code", "CodeGenerator", ["calc.py"], []), ("tests", "TestWriter", ["test_calc.py"], ["code"]))
    replies = by_role(PROJECT_MANAGER=plan_text(*tasks), CODE_GENERATOR=GOOD, TEST_WRITER=TESTS)
    async with bench(replies) as b:
        status = await b.run("an adder")
        messages = [event.message for event in await b.events(status.run_id, "message_sent")]
        to_tests = next(m for m in messages if m.recipient == "TestWriter")
        known = {m.id for m in messages}
        assert [ref.name for ref in to_tests.artifacts] == ["calc.py"]
        assert to_tests.causation_id in known
        assert all(m.correlation_id == status.run_id for m in messages)
        assert not any("def add" in m.text for m in messages)


async def test_a_red_run_is_mended_from_the_real_output(bench, plan_text: PlanText) -> None:
    replies = by_role(PROJECT_MANAGER=plan_text(*TASKS), CODE_GENERATOR=BAD, TEST_WRITER=TESTS, DEBUGGER=MEND)
    async with bench(replies) as b:
        status = await b.run("an adder")
        assert status.phase == "done"
        asked = next(r for r in b.gateway.requests if r.request.role is Role.DEBUGGER)
        assert "AssertionError: -1 != 3" in asked.text
        assert "test_adds" in asked.text


async def test_mending_stops_when_the_same_failure_comes_back(bench, plan_text: PlanText) -> None:
    useless = "FILE: calc.py\n```python\ndef add(a, b):\n    # thought about it\n    return a - b\n```\n"
    replies = by_role(
        PROJECT_MANAGER=plan_text(*TASKS), CODE_GENERATOR=BAD, TEST_WRITER=TESTS, DEBUGGER=useless
    )
    async with bench(replies) as b:
        status = await b.run("an adder")
        assert status.phase == "red"
        assert "2 of 2 tests fail: " in status.summary
        assert "test_adds" in status.summary
        assert "the same failure came back after a repair" in status.summary
        assert "Tried: calc.py written" in status.summary
        assert sum(r.request.role is Role.DEBUGGER for r in b.gateway.requests) == 1


async def test_the_test_writer_does_not_see_the_code_it_tests(bench, plan_text: PlanText) -> None:
    tasks = (("code", "CodeGenerator", ["calc.py"], []), ("tests", "TestWriter", ["test_calc.py"], ["code"]))
    look = ToolCall(id="1", name="read_file", arguments={"path": "calc.py"})

    def reply(asked: Asked) -> Reply:
        role = asked.request.role
        if role is Role.TEST_WRITER and len(asked.texts) == 1:
            return Reply(tool_calls=(look,))
        texts = {Role.PROJECT_MANAGER: plan_text(*tasks), Role.CODE_GENERATOR: GOOD, Role.TEST_WRITER: TESTS}
        return Reply(text=texts[role])

    async with bench(reply) as b:
        status = await b.run("an adder")
        assert status.phase == "done"
        asked = [r for r in b.gateway.requests if r.request.role is Role.TEST_WRITER]
        assert all("return a + b" not in text for r in asked for text in r.texts)
        assert "run_tests" not in asked[0].tools


async def test_a_file_that_takes_long_is_talked_about_while_it_streams(bench) -> None:
    long = "FILE: calc.py\n```python\n" + "".join(f"V{i} = {i}\n" for i in range(200)) + "```\n"
    async with bench([Reply(text=long, tokens_per_second=300)]) as b:
        b.write("calc.py", "x = 1\n")
        status = await b.run("number them", "change", place={"path": "calc.py"})
        assert status.phase == "done"
        said = [event.text for event in await b.events(status.run_id, "task_progressed")]
        assert any(text.startswith("writing calc.py, line ") for text in said)
        assert said[-1] == "the file is written"


@pytest.mark.parametrize(
    "wrong",
    [
        "FILE: calc.py\n<<<<<<< SEARCH\n    return a * b\n=======\n    return a + b\n>>>>>>> REPLACE\n",
        "```diff\n--- a/calc.py\n+++ b/calc.py\n@@ -2 +2 @@\n-    return a * b\n+    return a + b\n```\n",
        "*** Begin Patch\n*** Update File: calc.py\n@@\n-    return a * b\n+    return a + b\n*** End Patch\n",
    ],
    ids=["block", "diff", "patch"],
)
async def test_a_piece_that_does_not_fit_is_asked_for_again_alone(bench, wrong: str) -> None:
    right = wrong.replace("a * b", "a - b")
    async with bench([Reply(text=wrong), Reply(text=right)]) as b:
        b.write("calc.py", "def add(a, b):\n    return a - b\n")
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        assert status.phase == "done"
        assert "return a + b" in (b.root / "calc.py").read_text(encoding="utf-8")
        assert "return a - b" in b.gateway.requests[1].text
        assert "Send only these pieces again" in b.gateway.requests[1].text


async def test_a_file_with_broken_syntax_is_never_written(bench) -> None:
    broken = GOOD.replace("def add(a, b):", "def add(a, b:")
    async with bench([Reply(text=broken), Reply(text=GOOD)]) as b:
        b.write("calc.py", "def add(a, b):\n    return a - b\n")
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        assert status.phase == "done"
        assert len(await b.events(status.run_id, "edit_proposed")) == 1
        assert "line 1" in b.gateway.requests[1].text


async def test_what_is_given_up_is_kept_in_the_log_and_said(bench) -> None:
    wrong = "FILE: calc.py\n<<<<<<< SEARCH\nnot there\n=======\nx = 1\n>>>>>>> REPLACE\n"
    async with bench([Reply(text=wrong, times=None)]) as b:
        b.write("calc.py", "def add(a, b):\n    return a - b\n")
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        assert status.phase == "failed"
        assert "calc.py" in status.summary
        assert (b.root / "calc.py").read_text(encoding="utf-8") == "def add(a, b):\n    return a - b\n"
        assert status.failed_edits
        assert len(b.gateway.requests) == 4


async def test_a_small_change_wakes_one_agent(bench) -> None:
    async with bench([Reply(text=GOOD)]) as b:
        b.write("calc.py", "def add(a, b):\n    return a - b\n")
        status = await b.run("mend add", "change", place={"path": "calc.py", "first_line": 1, "last_line": 2})
        assert [task.role for task in status.tasks] == [Role.CODE_GENERATOR]
        assert len(b.gateway.requests) == 1
        assert "No tests were run" in status.summary


async def test_failures_that_were_there_before_are_told_apart_and_left_alone(bench) -> None:
    old = TESTS.split("```python\n")[1].split("```", maxsplit=1)[0]
    add_other = "FILE: other.py\n```python\nVALUE = 1\n```\n"
    async with bench([Reply(text=add_other)]) as b:
        b.write("calc.py", "def add(a, b):\n    return a - b\n")
        b.write("test_calc.py", old)
        status = await b.run("add a constant to other.py", "change", place={"path": "other.py"})
        assert status.phase == "red"
        assert "They failed before this run too" in status.summary
        assert len(b.gateway.requests) == 1


async def test_fix_without_a_place_mends_the_failing_tests(bench) -> None:
    async with bench([Reply(text=MEND)]) as b:
        b.write("calc.py", "def add(a, b):\n    return a - b\n")
        b.write("test_calc.py", TESTS.split("```python\n")[1].split("```", maxsplit=1)[0])
        status = await b.run("", "fix")
        assert (status.phase, status.tests_passed) == ("done", 2)
        assert [task.task_id for task in status.tasks] == ["fix-1"]


async def test_fix_where_all_is_green_asks_no_model(bench) -> None:
    async with bench([]) as b:
        b.write("calc.py", "def add(a, b):\n    return a + b\n")
        b.write("test_calc.py", TESTS.split("```python\n")[1].split("```", maxsplit=1)[0])
        status = await b.run("", "fix")
        assert (status.phase, status.files) == ("done", ())
        assert "All 2 tests pass" in status.summary


async def test_a_model_without_tool_calling_looks_by_schema(bench) -> None:
    def reply(asked: Asked) -> Reply:
        if len(asked.texts) == 1:
            assert asked.schema is not None
            return Reply(text='{"step": {"tool": "read_file", "arguments": {"path": "calc.py"}}}')
        assert "return a - b" in asked.text
        return Reply(text=MEND)

    async with bench(reply, native_tools=False) as b:
        b.write("calc.py", "def add(a, b):\n    return a - b\n")
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        assert status.phase == "done"
        used = await b.events(status.run_id, "tool_used")
        assert [(event.name, event.ok) for event in used] == [("read_file", True)]
        maps = [a for a in await b.events(status.run_id, "artifact_made") if a.ref.kind == "reading map"]
        assert isinstance(maps[0], e.ArtifactMade)
        assert "calc.py" in maps[0].text


async def test_a_plan_that_is_no_plan_is_asked_for_again_and_then_given_up(bench, plan_text: PlanText) -> None:
    good = by_role(CODE_GENERATOR=GOOD, TEST_WRITER=TESTS)
    seen = []

    def second_time(asked: Asked) -> Reply:
        if asked.request.role is not Role.PROJECT_MANAGER:
            return good(asked)
        seen.append(asked.text)
        return Reply(text="I would love to help!" if len(seen) == 1 else plan_text(*TASKS))

    async with bench(second_time) as b:
        assert (await b.run("an adder")).phase == "done"
        assert "That is not a usable plan" in seen[1]
    async with bench([Reply(text="nonsense", times=None)]) as b:
        status = await b.run("an adder")
        assert status.phase == "failed"
        assert "gave no usable plan" in status.summary
        assert len(b.gateway.requests) == 3


async def test_a_plan_without_tests_or_with_a_path_outside_is_sent_back(bench, plan_text: PlanText) -> None:
    plans = iter(
        (
            plan_text(("code", "CodeGenerator", ["calc.py"], [])),
            plan_text(("code", "CodeGenerator", ["../calc.py"], []), TASKS[1]),
            plan_text(*TASKS),
        )
    )
    others = by_role(CODE_GENERATOR=GOOD, TEST_WRITER=TESTS)

    def reply(asked: Asked) -> Reply:
        return Reply(text=next(plans)) if asked.request.role is Role.PROJECT_MANAGER else others(asked)

    async with bench(reply) as b:
        assert (await b.run("an adder")).phase == "done"
        asked = [r.text for r in b.gateway.requests if r.request.role is Role.PROJECT_MANAGER]
        assert "add a TestWriter task" in asked[1]
        assert "leads out of its folder" in asked[2]


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", "../outside.py", "/etc/passwd", ".env"])
async def test_no_agent_writes_outside_or_to_protected_places(bench, path: str) -> None:
    evil = f"FILE: {path}\n```\nevil\n```\n"
    async with bench([Reply(text=evil, times=None)]) as b:
        b.write("calc.py", "x = 1\n")
        before = sorted(p for p in b.root.rglob("*"))
        status = await b.run("do it", "change", place={"path": "calc.py"})
        assert status.phase == "failed"
        assert sorted(p for p in b.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("request_text", "said"), [("", "empty"), ("  \n ", "empty"), ("x" * 1_000_001, "the most is")]
)
async def test_a_request_that_cannot_be_taken_is_refused_at_once(bench, request_text: str, said: str) -> None:
    async with bench([]) as b:
        with pytest.raises(BadRequest, match=said):
            await b.engine.start(b.order(request_text))
        assert b.engine.statuses() == []


async def test_a_request_in_another_script_reaches_the_model_untouched(bench, plan_text: PlanText) -> None:
    replies = by_role(PROJECT_MANAGER=plan_text(*TASKS), CODE_GENERATOR=GOOD, TEST_WRITER=TESTS)
    async with bench(replies) as b:
        assert (await b.run("足し算の関数を作ってください")).phase == "done"
        assert "足し算の関数を作ってください" in b.gateway.requests[0].text


async def test_a_rehearsal_touches_nothing_and_says_so(bench) -> None:
    async with bench([]) as b:
        status = await b.run("", "simulation", simulation={"tasks": 4, "seconds": 0})
        assert (status.phase, status.files, status.models) == ("done", (), ())
        assert "simulated" in status.summary
        assert list(b.root.iterdir()) == []


async def test_a_new_test_that_fails_is_no_old_failure_of_the_folder(bench, plan_text: PlanText) -> None:
    replies = by_role(PROJECT_MANAGER=plan_text(*TASKS), CODE_GENERATOR=BAD, TEST_WRITER=TESTS, DEBUGGER=MEND)
    async with bench(replies) as b:
        b.write("other.py", "VALUE = 1\n")
        status = await b.run("an adder")
        assert (status.phase, status.tests_passed, status.tests_failed) == ("done", 2, 0)
        before = next(ran.report for ran in await b.events(status.run_id, "tests_ran") if ran.round == -1)
        assert not before.ran
