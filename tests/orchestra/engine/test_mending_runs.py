"""Mending, whole: tests stay as strict as they are, failed rounds count, and what cannot start is said."""

from collections.abc import Callable, Iterable

import pytest

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.router.scripted_client import Asked, Reply
from codecompanion.router.scripted_server.faults import status as http_status

CALC = "def add(a, b):\n    return a - b\n"
TESTS = """import unittest

from calc import add


class AddTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(add(1, 2), 3)

    def test_nothing(self):
        self.assertEqual(add(0, 0), 0)
"""
MEND = """It subtracted.

FILE: calc.py
<<<<<<< SEARCH
    return a - b
=======
    return a + b
>>>>>>> REPLACE
"""
WEAKER = """Mended.

FILE: test_calc.py
<<<<<<< SEARCH
        self.assertEqual(add(1, 2), 3)
=======
        self.assertTrue(True)
>>>>>>> REPLACE
"""
OTHER_VALUE = WEAKER.replace("self.assertTrue(True)", "self.assertEqual(add(1, 2), -1)")
CLAIM = "TEST IS WRONG: test_adds expects 3, but subtracting gives -1."
NOTHING = "I looked at it and all is well."
TASKS = (("code", "CodeGenerator", ["calc.py"], []), ("tests", "TestWriter", ["test_calc.py"], []))
PlanText = Callable[..., str]


def file(path: str, text: str) -> str:
    return f"FILE: {path}\n```python\n{text}```\n"


def script(debugger: Iterable[str], **others: str) -> Callable[[Asked], Reply]:
    """Let the Debugger say one text after the other, and each other role always the same."""
    texts = iter(debugger)

    def reply(asked: Asked) -> Reply:
        role = asked.request.role
        return Reply(text=next(texts) if role is Role.DEBUGGER else others[role.name])

    return reply


def given(b) -> None:
    b.write("calc.py", CALC)
    b.write("test_calc.py", TESTS)


async def test_a_weakened_test_is_refused_and_the_code_is_mended_instead(bench) -> None:
    async with bench([Reply(text=WEAKER), Reply(text=MEND)]) as b:
        given(b)
        status = await b.run("", "fix")
        assert (status.phase, status.tests_passed, status.failed_edits) == ("done", 2, ())
        assert (b.root / "test_calc.py").read_text(encoding="utf-8") == TESTS
        feedback = b.gateway.requests[1].text
        assert "test_calc.py: this would weaken the tests: the test 'AddTest.test_adds'" in feedback
        assert "Nothing has been written so far." in feedback
        assert [edit.edit.path for edit in await b.events(status.run_id, "edit_proposed")] == ["calc.py"]


@pytest.mark.parametrize("weaker", [WEAKER, OTHER_VALUE, file("test_calc.py", "import unittest\n")])
async def test_one_who_insists_that_the_test_is_wrong_ends_the_run_red(bench, weaker: str) -> None:
    async with bench([Reply(text=text) for text in (weaker, CLAIM, CLAIM)]) as b:
        given(b)
        status = await b.run("", "fix")
        assert status.phase == "red"
        assert "Stopped: Debugger insists that the test is wrong: test_adds expects 3, but" in status.summary
        assert "1 of 2 tests fail" in status.summary
        assert (status.files, status.failed_edits) == ((), ())
        assert (b.root / "test_calc.py").read_text(encoding="utf-8") == TESTS
        assert "Look once more" in b.gateway.requests[2].text


async def test_one_who_looks_once_more_may_still_mend(bench) -> None:
    async with bench([Reply(text=CLAIM), Reply(text=MEND)]) as b:
        given(b)
        assert (await b.run("", "fix")).phase == "done"


async def test_one_who_only_ever_weakens_is_named_in_the_summary(bench) -> None:
    async with bench([Reply(text=WEAKER, times=None)]) as b:
        given(b)
        status = await b.run("", "fix")
        assert status.phase == "red"
        assert "two repair rounds failed in the same way" in status.summary
        assert "this would weaken the tests: the test 'AddTest.test_adds' would be changed" in status.summary
        assert (b.root / "test_calc.py").read_text(encoding="utf-8") == TESTS


async def test_what_a_test_of_this_run_expects_may_be_corrected_and_is_said(bench, plan_text: PlanText) -> None:
    wrong = TESTS.replace("add(1, 2), 3", "add(1, 2), 4")
    corrected = OTHER_VALUE.replace("add(1, 2), 3", "add(1, 2), 4").replace("add(1, 2), -1", "add(1, 2), 3")
    replies = script(
        [corrected],
        PROJECT_MANAGER=plan_text(*TASKS),
        CODE_GENERATOR=file("calc.py", CALC.replace("-", "+")),
        TEST_WRITER=file("test_calc.py", wrong),
    )
    async with bench(replies) as b:
        status = await b.run("an adder")
        assert status.phase == "done"
        assert "Debugger changed tests: test_calc.py." in status.summary


async def test_a_change_may_correct_what_tests_expect_but_not_take_them_out(bench) -> None:
    without = file("test_calc.py", TESTS[: TESTS.index("    def test_n")].rstrip() + "\n")
    corrected = OTHER_VALUE.replace("self.assertEqual(add(1, 2), -1)", "self.assertEqual(add(2, 2), 4)")
    read = ToolCall(id="1", name="read_file", arguments={"path": "test_calc.py"})
    replies = [Reply(tool_calls=(read,)), Reply(text=MEND + without), Reply(text=corrected)]
    async with bench(replies) as b:
        given(b)
        status = await b.run("let add add", "change")
        assert (status.phase, status.tests_passed) == ("done", 2), status.summary
        assert "CodeGenerator changed tests: test_calc.py." in status.summary
        assert "the test 'AddTest.test_nothing' would be gone" in b.gateway.requests[2].text
        assert "The request does not ask for that" in b.gateway.requests[2].text


async def test_where_tests_were_asked_for_they_may_be_taken_back(bench) -> None:
    fewer = file(
        "test_calc.py", TESTS[: TESTS.index("    def test_adds")] + TESTS[TESTS.index("    def test_n") :]
    )
    replies = script([fewer], TEST_WRITER=file("test_calc.py", TESTS))
    async with bench(replies) as b:
        b.write("calc.py", CALC)
        status = await b.run("tests for add", "tests", place={"path": "calc.py"})
        assert (status.phase, status.tests_passed) == ("done", 1), status.summary


async def test_a_failed_repair_counts_as_a_round_and_the_next_one_hears_of_it(bench) -> None:
    async with bench(script([NOTHING] * 4 + [MEND])) as b:
        given(b)
        status = await b.run("", "fix")
        assert (status.phase, status.tests_passed) == ("done", 2)
        assert [(task.task_id, task.phase) for task in status.tasks] == [
            ("fix-1", "failed"),
            ("mend-2", "done"),
        ]
        assert "this round failed: Debugger's answer" in b.gateway.requests[4].text
        assert [event.round for event in await b.events(status.run_id, "tests_ran")] == [0, 1, 2]


async def test_rounds_that_fail_in_the_same_way_end_it(bench) -> None:
    async with bench([Reply(text=NOTHING, times=None)]) as b:
        given(b)
        status = await b.run("", "fix")
        assert status.phase == "red"
        assert "Stopped: two repair rounds failed in the same way: Debugger's answer" in status.summary
        assert len(b.gateway.requests) == 8


async def test_without_a_usable_key_it_ends_at_once(bench) -> None:
    async with bench([Reply(fault=http_status(401), times=None)]) as b:
        given(b)
        status = await b.run("", "fix")
        assert status.phase == "red"
        assert "Stopped: Debugger could not mend it: " in status.summary
        assert len(b.gateway.requests) == 1


NEEDS = {
    "requirements-dev.txt": "absent_mod\n",
    "conftest.py": "import absent_mod\n",
    "test_calc.py": "def test_a(): pass\n",
}


async def test_a_change_whose_tests_cannot_start_is_not_done(bench) -> None:
    async with bench([Reply(text=file("calc.py", "x = 1\n"))]) as b:
        for path, text in NEEDS.items():
            b.write(path, text)
        status = await b.run("set x to 1", "change", place={"path": "calc.py"})
        assert status.phase == "red"
        assert "The tests could not start: the module 'absent_mod' is not installed; install" in status.summary
        assert (status.tests_passed, status.tests_failed) == (None, None)
        assert len(b.gateway.requests) == 1


async def test_green_tests_beside_some_that_cannot_start_are_counted_and_nobody_is_sent_to_mend(bench) -> None:
    async with bench([Reply(text=MEND)]) as b:
        given(b)
        b.write("package.json", '{"scripts": {"test": "absent-program-x"}}')
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        assert status.phase == "red"
        assert "2 tests ran and pass. Others could not start: the " in status.summary
        assert (status.tests_passed, status.tests_failed) == (2, 0)
        assert len(b.gateway.requests) == 1


async def test_the_debugger_is_told_the_command_that_a_person_would_type(bench) -> None:
    async with bench([Reply(text=MEND)]) as b:
        given(b)
        await b.run("", "fix")
        said = b.gateway.requests[0].text
        assert "The tests were run with: python -m unittest\n" in said
        assert "unittest_child" not in said.partition("Output (its end)")[0]


async def test_plans_with_two_writers_or_a_task_that_only_reads_are_sent_back(
    bench, plan_text: PlanText
) -> None:
    plans = iter(
        (
            plan_text(("look", "CodeGenerator", [], []), *TASKS),
            plan_text(("more", "CodeGenerator", ["./calc.py"], []), *TASKS),
            plan_text(*TASKS),
        )
    )

    def reply(asked: Asked) -> Reply:
        texts = {
            Role.CODE_GENERATOR: file("calc.py", CALC.replace("-", "+")),
            Role.TEST_WRITER: file("test_calc.py", TESTS),
        }
        return Reply(text=texts.get(asked.request.role) or next(plans))

    async with bench(reply) as b:
        assert (await b.run("an adder")).phase == "done"
        asked = [r.text for r in b.gateway.requests if r.request.role is Role.PROJECT_MANAGER]
        assert "task 'look' names no file to write" in asked[1]
        assert "tasks 'more' and 'code' both write calc.py and neither waits for the other" in asked[2]
