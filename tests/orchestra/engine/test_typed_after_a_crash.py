"""What a person types between a crash and the resume stays: recorded answers were made for the text before."""

from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.model_calls import ToolCall
from codecompanion.router.scripted_client import Asked, Reply

CODE = "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n"
ADDED = CODE.replace("a - b", "a + b", 1)
WHOLE = f"FILE: calc.py\n```python\n{ADDED}```\n"
READ = Reply(tool_calls=(ToolCall(id="1", name="read_file", arguments={"path": "calc.py"}),))
TYPED = "import os  # typed\n\n\n" + CODE + "\n\ndef typed():\n    return 1\n"
OVERLAPPING = CODE.replace("return a - b", "return a * b", 1)
EVENTS_OF_THE_RUN = 16


def answers(asked: Asked) -> Reply:
    """Read the file where it was not shown, and write all of it anew."""
    return Reply(text=WHOLE) if "def sub" in "\n".join(asked.texts) else READ


async def gone_after(bench: Any, when: int, *, shown: bool) -> tuple[Any, str, bool]:
    """Let the program be gone right after event ``when``; returns the log, the run, and whether it landed."""
    async with bench(answers) as b:
        b.write("calc.py", CODE)
        # there are tools only where there is something to read
        b.write("other.py", "x = 1\n")
        place = {"path": "calc.py"} if shown else {"path": "other.py"}
        run_id = await b.engine.start(b.order("mend add", "change", place=place))
        async for recorded in b.engine.watch(run_id):
            if recorded.version >= when:
                break
        await b.engine.close()
        return b.store, run_id, (b.root / "calc.py").read_text() == ADDED


@pytest.mark.parametrize("shown", [True, False], ids=["shown", "read"])
@pytest.mark.parametrize("when", range(3, EVENTS_OF_THE_RUN))
async def test_a_recorded_whole_text_keeps_what_was_typed_since(
    bench, tmp_path: Path, when: int, shown: bool
) -> None:
    store, run_id, landed = await gone_after(bench, when, shown=shown)
    typed = TYPED.replace(CODE, ADDED) if landed else TYPED
    (tmp_path / "calc.py").write_text(typed)
    async with bench(answers, store=store) as again:
        await again.engine.reopen(run_id)
        await again.engine.wait(run_id)
    # a model that is asked only now has seen what was typed, and to leave it out is its word
    expected = TYPED.replace(CODE, ADDED) if await known_before(store, run_id) else ADDED
    assert (tmp_path / "calc.py").read_text() == expected


async def known_before(store: Any, run_id: str) -> bool:
    """Whether the agent had been shown the file before the person typed."""
    history = [one.body for one in await store.read(run_id)]
    return any(
        event.event == "file_shown" and (event.path, event.text) == ("calc.py", CODE) for event in history
    )


async def test_typing_at_the_same_lines_stays_and_the_answer_waits_for_a_review(bench, tmp_path: Path) -> None:
    when = await version_of(bench, "model_answered")
    store, run_id, landed = await gone_after(bench, when, shown=True)
    assert not landed
    (tmp_path / "calc.py").write_text(OVERLAPPING)
    async with bench(answers, store=store) as again:
        await again.engine.reopen(run_id)
        status = await again.engine.wait(run_id)
        settled = [event.outcome for event in await again.events(run_id, "edit_settled")]
        assert not again.gateway.requests
    assert (tmp_path / "calc.py").read_text() == OVERLAPPING
    (part,) = settled[-1].held
    assert (part.user, part.wanted) == ("    return a * b\n", "    return a + b\n")
    assert "You changed the same lines meanwhile" in status.summary


async def version_of(bench: Any, name: str) -> int:
    """Return the version at which an undisturbed run has the event for the first time."""
    async with bench(answers) as b:
        b.write("calc.py", CODE)
        b.write("other.py", "x = 1\n")
        status = await b.run("mend add", "change", place={"path": "calc.py"})
        history = await b.store.read(status.run_id)
    return next(one.version for one in history if one.body.event == name)
