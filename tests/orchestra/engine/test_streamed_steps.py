"""Models without tool calling, over a real connection: their files land while the step still streams."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.memory.memory_store import MemoryEventStore
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.engine import Engine
from codecompanion.orchestra.templates.library import Templates
from codecompanion.router.config import RouterConfig
from codecompanion.router.gateway import build_gateway
from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer, faults

CALC = "import os\n\n\ndef add(a, b):\n    return a - b\n"
MENDED = "import os\nimport sys\n\n\ndef add(a, b):\n    return a - b\n"
# a block that would fit a second time
IMPORT = "FILE: calc.py\n<<<<<<< SEARCH\nimport os\n=======\nimport os\nimport sys\n>>>>>>> REPLACE\n"
OTHER = "FILE: other.py\n```python\nVALUE = 1\n```\n"
LOOK = '{"step": {"tool": "read_file", "arguments": {"path": "calc.py"}}}'
LIMITS = AgentLimits(deadline=20, rounds=4)

Replies = list[Reply] | Callable[[Asked], Reply]


def step(answer: str, **more: Any) -> str:
    return json.dumps({"step": {"answer": answer, **more}})


@asynccontextmanager
async def stepping(bench, replies: Replies, store: MemoryEventStore | None = None) -> AsyncIterator[Any]:
    """Yield a bench whose model is a server that takes no tools, and that server as ``b.server``."""
    async with ScriptedServer(replies) as server, bench([], store=store) as b:
        local = {"base_url": server.openai_url, "model": "m"}
        gateway = build_gateway(RouterConfig.model_validate({"local": local}), Templates())
        b.engine = Engine(replace(b.parts, gateway=gateway), clock=time.time, limits=LIMITS)
        b.server = server
        try:
            yield b
        finally:
            await gateway.close()


async def begun(b) -> str:
    b.write("calc.py", CALC)
    return await b.engine.start(b.order("import sys", "change", place={"path": "calc.py"}))


async def run(b):
    return await b.engine.wait(await begun(b))


def text_of(b, path: str = "calc.py") -> str:
    return (b.root / path).read_text(encoding="utf-8")


async def until_written(b, path: str, text: str) -> None:
    async with asyncio.timeout(10):
        while not (b.root / path).exists() or text_of(b, path) != text:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_a_block_and_a_file_land_before_the_stream_goes_on(bench) -> None:
    text = step(IMPORT + OTHER + "That is all. " * 20)
    after = len(Reply(text=text[: text.index("That is all")]).tokens) + 2
    async with stepping(bench, [Reply(text=text, fault=faults.hang(after=after))]) as b:
        run_id = await begun(b)
        await until_written(b, "calc.py", MENDED)
        await until_written(b, "other.py", "VALUE = 1\n")
        assert await b.events(run_id, "model_answered") == []
        await b.engine.stop(run_id)
        assert (await b.engine.wait(run_id)).phase == "stopped"


async def test_a_file_at_the_very_end_of_the_answer_lands_with_the_closing_quote(bench) -> None:
    text = step(OTHER.removesuffix("\n"), note="long enough " * 40)
    after = len(Reply(text=text[: text.index('", "note')]).tokens) + 2
    async with stepping(bench, [Reply(text=text, fault=faults.hang(after=after))]) as b:
        run_id = await begun(b)
        await until_written(b, "other.py", "VALUE = 1\n")
        await b.engine.stop(run_id)
        await b.engine.wait(run_id)


async def test_files_without_a_step_land_while_they_stream_too(bench) -> None:
    text = f"I import it.\n\n{IMPORT}And {{so}} on. {'word ' * 40}"
    async with stepping(bench, [Reply(text=text, fault=faults.hang(after=30))]) as b:
        run_id = await begun(b)
        await until_written(b, "calc.py", MENDED)
        await b.engine.stop(run_id)
        await b.engine.wait(run_id)


async def test_looks_and_the_answer_are_steps_of_one_conversation(bench) -> None:
    async with stepping(bench, [Reply(text=LOOK), Reply(text=step(IMPORT, thought="see above"))]) as b:
        status = await run(b)
        assert (status.phase, text_of(b)) == ("done", MENDED)
        assert "import os" in b.server.requests[1].text
        assert [event.name for event in await b.events(status.run_id, "tool_used")] == ["read_file"]


async def test_a_stream_that_breaks_is_begun_again_without_doubling_what_landed(bench) -> None:
    text = step(IMPORT + OTHER)
    after = len(Reply(text=text[: text.index("FILE: other")]).tokens) + 1
    replies = [Reply(text=text, fault=faults.cut(after=after)), Reply(text=text)]
    async with stepping(bench, replies) as b:
        status = await run(b)
        assert (status.phase, text_of(b), text_of(b, "other.py")) == ("done", MENDED, "VALUE = 1\n")
        assert len(await b.events(status.run_id, "edit_proposed")) == 2
        assert len(b.server.requests) == 2


BROKEN = {
    "cut off": step(IMPORT + "FILE: other.py\n```python\nVAL")[: -len('"}}')],
    "no character": step(IMPORT + "more")[: -len('"}}')] + r'\u12"}}',
    "an unescaped quote": step(IMPORT + 'FILE: o.py\n```\nx = "a" + b\n```\n').replace(r"\"a\"", '"a"'),
    "a tool after all": step(IMPORT, tool="read_file", arguments={"path": "calc.py"}),
    "two answers": '{"step": {"answer": ' + json.dumps(IMPORT) + ', "answer": "no"}}',
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("repeats", [True, False], ids=["repeated", "left out"])
async def test_what_landed_of_a_broken_step_stays_and_is_told_and_never_applied_twice(
    bench, broken: str, repeats: bool
) -> None:
    mended = step(IMPORT + OTHER if repeats else OTHER)
    async with stepping(bench, [Reply(text=broken), Reply(text=mended)]) as b:
        status = await run(b)
        assert (status.phase, sorted(status.files)) == ("done", ["calc.py", "other.py"])
        assert (text_of(b), text_of(b, "other.py")) == (MENDED, "VALUE = 1\n")
        assert "has landed and stays: calc.py" in b.server.requests[1].text
        assert len(await b.events(status.run_id, "edit_proposed")) == 2
        assert "other.py" in status.summary


async def test_words_beside_a_tool_call_do_not_keep_it_from_being_used(bench) -> None:
    both = step("I look first.\nFILE: half.py\n```\nx", tool="read_file", arguments={"path": "calc.py"})
    async with stepping(bench, [Reply(text=both), Reply(text=step(IMPORT))]) as b:
        status = await run(b)
        assert (status.phase, text_of(b)) == ("done", MENDED)
        assert [event.name for event in await b.events(status.run_id, "tool_used")] == ["read_file"]
        assert "half.py" not in status.summary
        assert "I look first" not in status.summary


@pytest.mark.parametrize(
    "decoy",
    [
        {"arguments": {"answer": OTHER}, "answer": IMPORT},
        {"note": f"{{'answer': '{OTHER}'}}", "answer": IMPORT},
        {"notes": [{"step": {"answer": OTHER}}], "answer": IMPORT},
    ],
)
async def test_only_the_steps_own_answer_is_applied(bench, decoy: dict[str, Any]) -> None:
    async with stepping(bench, [Reply(text=json.dumps({"thought": OTHER, "step": decoy}))]) as b:
        status = await run(b)
        assert (status.phase, status.files, text_of(b)) == ("done", ("calc.py",), MENDED)
        assert not (b.root / "other.py").exists()


async def test_an_answer_cut_by_its_length_is_gone_on_with(bench) -> None:
    cut = Reply(text=step(IMPORT + "FILE: other.py\n```python\nVAL")[:-3], truncated=True)
    async with stepping(bench, [cut, Reply(text=step(IMPORT + OTHER))]) as b:
        status = await run(b)
        assert (status.phase, text_of(b)) == ("done", MENDED)
        assert "cut off at" in b.server.requests[1].text
        assert "landed and stays: calc.py" in b.server.requests[1].text


async def test_after_the_last_look_the_answer_still_is_a_step(bench) -> None:
    def reply(asked: Asked) -> Reply:
        return Reply(text=LOOK if "`read_file`" in asked.system else step(IMPORT))

    async with stepping(bench, reply) as b:
        status = await run(b)
        assert (status.phase, text_of(b)) == ("done", MENDED)
        last = b.server.requests[-1]
        assert "None are left" in last.system
        assert {message["role"] for message in last.body["messages"]} == {"system", "user", "assistant"}
        assert [one["properties"].keys() for one in last.schema["properties"]["step"]["anyOf"]] == [{"answer"}]


@pytest.mark.parametrize("when", range(3, 28))
async def test_an_interrupted_conversation_in_steps_is_gone_on_with_from_the_log(bench, when: int) -> None:
    """The program is gone right after event ``when``: among the looks, the broken step and the mended one."""
    broken = BROKEN["cut off"]
    answers = [LOOK, LOOK, broken, step(IMPORT + OTHER)]

    def reply(asked: Asked) -> Reply:
        return Reply(text=answers[len(asked.texts) // 2])

    async with stepping(bench, reply) as b:
        run_id = await begun(b)
        async for recorded in b.engine.watch(run_id):
            if recorded.version >= when:
                break
        await b.engine.close()
        store = b.store
    async with stepping(bench, reply, store=store) as again:
        await again.engine.reopen(run_id)
        status = await again.engine.wait(run_id)
        assert (status.phase, sorted(status.files)) == ("done", ["calc.py", "other.py"])
        assert text_of(again) == MENDED
        assert len(await again.events(run_id, "model_answered")) == len(answers)
        assert len(await again.events(run_id, "edit_proposed")) == 2
        first, second = await again.events(run_id, "tool_used")
        assert (first.repeated, second.repeated) == (False, True)
        (kept,) = [a for a in await again.events(run_id, "artifact_made") if a.ref.kind == "reading map"]
        assert json.loads(kept.text)["read"] == {"calc.py": [[1, 5]]}


async def test_a_run_interrupted_within_a_stream_does_not_apply_its_blocks_again(bench) -> None:
    text = step(IMPORT + OTHER + "That is all. " * 20)
    after = len(Reply(text=text[: text.index("FILE: other")]).tokens) + 1
    async with stepping(bench, [Reply(text=text, fault=faults.hang(after=after))]) as b:
        run_id = await begun(b)
        await until_written(b, "calc.py", MENDED)
        await b.engine.close()
        store = b.store
    async with stepping(bench, [Reply(text=text)], store=store) as again:
        await again.engine.reopen(run_id)
        status = await again.engine.wait(run_id)
        assert (status.phase, text_of(again)) == ("done", MENDED)
        assert len(await again.events(run_id, "edit_proposed")) == 2


async def test_a_step_of_before_is_understood_when_another_model_goes_on(bench) -> None:
    """The recorded answers were steps; the model that is asked now calls tools itself."""
    answers = [LOOK, BROKEN["cut off"]]
    async with stepping(bench, [Reply(text=text) for text in answers]) as b:
        run_id = await begun(b)
        await b.server.until_requests(3)
        await b.engine.close()
        store = b.store
    look = ToolCall(id="1", name="read_file", arguments={"path": "calc.py"})
    async with bench([Reply(tool_calls=(look,)), Reply(text=OTHER)], store=store) as again:
        await again.engine.reopen(run_id)
        status = await again.engine.wait(run_id)
        assert (status.phase, text_of(again)) == ("done", MENDED)
        assert [event.repeated for event in await again.events(run_id, "tool_used")] == [False, True]
        assert again.gateway.requests[0].request.role is Role.CODE_GENERATOR
