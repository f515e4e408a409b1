"""Files that change while an agent works on them: what others wrote stays, what overlaps waits for them."""

from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.router.scripted_client import Asked, Reply

CODE = "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n"
ADD, SUB = "def add(a, b):\n    return a - b\n", "def sub(a, b):\n    return a - b\n"
MENDED = CODE.replace(ADD, ADD.replace("-", "+"))


def whole(text: str) -> str:
    return f"FILE: calc.py\n```python\n{text}```\n"


def block(old: str, new: str) -> str:
    return f"FILE: calc.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


async def changed_while(bench: Any, root: Path, typed: str, answer: str) -> tuple[str, Any, Any]:
    """Return the file, how the run ended and its outcomes; the person types before the answer comes."""
    (root / "calc.py").write_text(CODE)

    def reply(asked: Asked) -> Reply:
        (root / "calc.py").write_text(typed)
        return Reply(text=answer)

    async with bench(reply) as b:
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        settled = await b.events(status.run_id, "edit_settled")
        return (root / "calc.py").read_text(), status, [event.outcome for event in settled]


@pytest.mark.parametrize("answer", [whole(MENDED), block(ADD, ADD.replace("-", "+"))])
async def test_typing_elsewhere_stays_whatever_form_the_answer_has(bench, tmp_path: Path, answer: str) -> None:
    typed = "import os  # mine\n\n\n" + CODE.replace(SUB, SUB + "    # and this\n")
    text, status, (outcome,) = await changed_while(bench, tmp_path, typed, answer)
    assert text == typed.replace(ADD, ADD.replace("-", "+"))
    assert (outcome.state, outcome.held) == ("confirmed", ())
    assert "wait" not in status.summary


@pytest.mark.parametrize("answer", [whole(MENDED), block(ADD, ADD.replace("-", "+"))])
async def test_typing_at_the_same_place_stays_and_the_answer_is_kept(
    bench, tmp_path: Path, answer: str
) -> None:
    typed = CODE.replace(ADD, ADD.replace("a - b", "a - b - 0 - 0"))
    text, status, (outcome,) = await changed_while(bench, tmp_path, typed, answer.replace("a + b", "b + a"))
    assert text == typed
    assert outcome.state == "failed"
    (part,) = outcome.held
    assert (part.base, part.user, part.wanted, part.line) == (
        "    return a - b\n",
        "    return a - b - 0 - 0\n",
        "    return b + a\n",
        2,
    )
    assert "You changed the same lines meanwhile" in status.summary
    assert "calc.py line 2" in status.summary


async def test_unfinished_typing_is_no_fault_of_the_answer(bench, tmp_path: Path) -> None:
    typed = CODE + "\n\ndef unfinished(\n"
    text, _, (outcome,) = await changed_while(bench, tmp_path, typed, whole(MENDED))
    assert outcome.state == "confirmed"
    assert text == typed.replace(ADD, ADD.replace("-", "+"))


async def test_a_fault_that_was_there_is_none_of_the_answer(bench, tmp_path: Path) -> None:
    broken = "def unfinished(\n\n\n" + CODE

    async with bench([Reply(text=block(ADD, ADD.replace("-", "+")))]) as b:
        b.write("calc.py", broken)
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        (settled,) = await b.events(status.run_id, "edit_settled")
    assert settled.outcome.state == "confirmed"
    assert (tmp_path / "calc.py").read_text() == broken.replace(ADD, ADD.replace("-", "+"))


async def test_a_file_removed_meanwhile_stays_removed(bench, tmp_path: Path) -> None:
    (tmp_path / "calc.py").write_text(CODE)

    def reply(asked: Asked) -> Reply:
        (tmp_path / "calc.py").unlink(missing_ok=True)
        return Reply(text=whole(MENDED))

    async with bench(reply) as b:
        status = await b.run("mend add", "change", place={"path": "calc.py"})
    assert status.phase == "failed"
    assert "removed meanwhile" in status.summary
    assert not (tmp_path / "calc.py").exists()


TASKS = (
    ("one", "CodeGenerator", ["calc.py"], []),
    ("two", "CodeGenerator", ["other.py"], []),
    ("tests", "TestWriter", ["test_it.py"], ["one", "two"]),
)
TESTS = "FILE: test_it.py\n```python\nimport unittest\n```\n"
HEAD = "def add(a, b):\n"
READ = Reply(tool_calls=(ToolCall(id="1", name="read_file", arguments={"path": "calc.py"}),))


def both_at_once(plan: str, answers: dict[str, list[Reply]]) -> Any:
    """Give two tasks their answers in turn; the first of each comes when both have asked for it."""

    def reply(asked: Asked) -> Reply:
        assert asked.request is not None
        if asked.request.role is Role.PROJECT_MANAGER:
            return Reply(text=plan)
        task = asked.request.brief and asked.request.brief.task
        assert task is not None
        return answers[task.id].pop(0) if answers.get(task.id) else Reply(text=TESTS)

    return reply


def slow(text: str) -> Reply:
    return Reply(text=text, first_token_after=0.3)


async def test_two_agents_that_rewrite_one_file_keep_each_others_work(bench, tmp_path: Path, plan_text) -> None:
    (tmp_path / "calc.py").write_text(CODE)
    checked = CODE.replace(SUB, SUB + "    # checked\n")
    answers = {"one": [slow(whole(MENDED))], "two": [READ, slow(whole(checked))]}
    async with bench(both_at_once(plan_text(*TASKS), answers)) as b:
        status = await b.run("mend it", "project")
        settled = [
            one for one in await b.events(status.run_id, "edit_settled") if one.outcome.path == "calc.py"
        ]
    assert [event.outcome.state for event in settled] == ["confirmed", "confirmed"]
    assert (tmp_path / "calc.py").read_text() == MENDED.replace(SUB, SUB + "    # checked\n")


async def test_the_second_of_two_agents_at_one_place_is_told_and_may_change_it_again(
    bench, tmp_path: Path, plan_text
) -> None:
    (tmp_path / "calc.py").write_text(CODE)
    by_one, by_two = "    return a + b\n", "    return sum((a, b))\n"
    answers = {
        "one": [
            slow(whole(MENDED)),
            Reply(text=block(f"def add(a, b):\n{by_two}", "def add(a, b):\n    return 1\n")),
        ],
        "two": [
            READ,
            slow(whole(CODE.replace(ADD, HEAD + by_two))),
            Reply(text=block(HEAD + by_one, HEAD + "    return 2\n")),
        ],
    }
    async with bench(both_at_once(plan_text(*TASKS), answers)) as b:
        status = await b.run("mend it", "project")
        settled = [
            one for one in await b.events(status.run_id, "edit_settled") if one.outcome.path == "calc.py"
        ]
        asked = [text for one in b.gateway.requests for text in one.texts]
    assert [event.outcome.state for event in settled] == ["confirmed", "confirmed"]
    assert any("another agent changed the same lines meanwhile" in text for text in asked)
    text = (tmp_path / "calc.py").read_text()
    assert HEAD + "    return 1\n" in text or HEAD + "    return 2\n" in text


async def test_a_file_another_agent_wrote_is_not_written_anew_unread(bench, tmp_path: Path, plan_text) -> None:
    (tmp_path / "README.md").write_text("There are tools only where there is something to read.\n")
    answers = {
        "one": [Reply(text=whole(MENDED))],
        "two": [
            Reply(text=whole("x = 1\n"), first_token_after=0.5),
            READ,
            Reply(text=whole("x = 1\n" + MENDED)),
        ],
    }
    async with bench(both_at_once(plan_text(*TASKS), answers)) as b:
        status = await b.run("make it", "project")
        settled = [
            one for one in await b.events(status.run_id, "edit_settled") if one.outcome.path == "calc.py"
        ]
        asked = [text for one in b.gateway.requests for text in one.texts]
    assert [event.outcome.state for event in settled] == ["confirmed", "confirmed"]
    assert any("you have not read it, so nothing was overwritten" in text for text in asked)
    assert (tmp_path / "calc.py").read_text() == "x = 1\n" + MENDED
