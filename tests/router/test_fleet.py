"""Owner and workers over the in-memory bus: who asks, who is told, what is kept."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.events import Context, ModelAnswered, Recorded
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import (
    ChatMessage,
    Finished,
    ModelRequest,
    ProviderState,
    Restarted,
    StreamPart,
    TextDelta,
    ToolSpec,
    Usage,
)
from codecompanion.contracts.work import Message
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.bus.terms import WorkTerms
from codecompanion.router.config import RouterConfig
from codecompanion.router.fleet.call_worker import CallWorker
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.fleet_client import FleetClient
from codecompanion.router.fleet.fleet_gateway import build_fleet_gateway
from codecompanion.router.fleet.jobs import CallJob, key_of, pack, unpack
from codecompanion.router.scripted_client import ScriptedClient
from codecompanion.router.scripted_server import Reply, faults

TERMS = WorkTerms(lease=0.5, presence=5.0)


def ask(text: str = "Say hello.", call_id: str = "run-1/t1") -> ModelRequest:
    message = ChatMessage(role="user", text=text)
    return ModelRequest(
        role=Role.CODE_GENERATOR, system="s", messages=(message,), deadline=20.0, call_id=call_id
    )


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    async with asyncio.timeout(20):
        yield MemoryBus(terms=TERMS)


@asynccontextmanager
async def working(
    bus: MemoryBus, client: object, name: str = "w1", at_once: int = 4
) -> AsyncIterator[CallWorker]:
    worker = CallWorker(bus, {"openai": client}, name=name, at_once=at_once, beat=0.1)  # type: ignore[dict-item]
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    try:
        yield worker
    finally:
        worker.hand_back()
        await asyncio.wait_for(task, 5)


@asynccontextmanager
async def fleet_on(bus: MemoryBus) -> AsyncIterator[Fleet]:
    async with Fleet(bus, asyncio.get_running_loop().time) as fleet:
        yield fleet


async def answer(fleet: Fleet, request: ModelRequest) -> list[StreamPart]:
    return [part async for part in FleetClient(fleet, "openai").stream(request, "m")]


async def busy(worker: CallWorker) -> None:
    while not worker.busy:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def text_of(parts: list[StreamPart]) -> str:
    said: list[str] = []
    for part in parts:
        if isinstance(part, Restarted):
            said.clear()
        elif isinstance(part, TextDelta):
            said.append(part.text)
    return "".join(said)


async def test_an_answer_streams_back_part_by_part(bus: MemoryBus) -> None:
    client = ScriptedClient([Reply(text="one two three", tokens_per_second=10)])
    async with working(bus, client), fleet_on(bus) as fleet:
        seen = []
        async for part in FleetClient(fleet, "openai").stream(ask(), "m"):
            seen.append((asyncio.get_running_loop().time(), part))
    assert text_of([part for _, part in seen]) == "one two three"
    assert isinstance(seen[-1][1], Finished)
    assert seen[1][0] - seen[0][0] > 0.05, "parts come while the answer is being made"
    assert client.requests[0].model == "m"


async def test_a_fault_comes_back_as_it_was_and_the_same_call_may_be_sent_again(bus: MemoryBus) -> None:
    client = ScriptedClient(
        [Reply(fault=faults.status(429, retry_after=7)), Reply(text="now")], provider="openai"
    )
    async with working(bus, client), fleet_on(bus) as fleet:
        with pytest.raises(ProviderError) as refused:
            await answer(fleet, ask())
        assert (refused.value.fault, refused.value.retry_after) == (ProviderFault.RATE_LIMITED, 7.0)
        assert text_of(await answer(fleet, ask())) == "now"


async def test_a_finished_answer_is_kept_until_the_log_has_it(bus: MemoryBus) -> None:
    client = ScriptedClient([Reply(text="paid once"), Reply(text="paid anew")])
    async with working(bus, client):
        async with fleet_on(bus) as first_life:
            assert text_of(await answer(first_life, ask())) == "paid once"
        async with fleet_on(bus) as second_life:
            assert text_of(await answer(second_life, ask())) == "paid once"
            assert len(client.requests) == 1
            body = ModelAnswered(
                task_id="t1",
                role=Role.CODE_GENERATOR,
                request_sha256="",
                provider="openai",
                model="m",
                text="paid once",
                usage=Usage(),
            )
            context = Context(correlation_id="run-1")
            bus.publish(Recorded(run_id="run-1", version=1, position=1, at=0.0, body=body, context=context))
            await asyncio.sleep(0.05)
            assert text_of(await answer(second_life, ask())) == "paid anew"


async def test_an_owner_that_comes_back_midway_takes_up_the_running_answer(bus: MemoryBus) -> None:
    client = ScriptedClient([Reply(text="one two three four", tokens_per_second=10)])
    async with working(bus, client):
        # the owner that is killed has no time to say farewell: what it sent is all that is left of it
        job = CallJob(provider="openai", model="m", request=ask())
        name = key_of(job)
        message = Message(id=name, payload=await pack(job, bus.blobs))
        await bus.replies.open_reply(name)
        await bus.work.send("calls/openai", message)
        await asyncio.sleep(0.2)
        async with fleet_on(bus) as fleet:
            assert text_of(await answer(fleet, ask())) == "one two three four"
    assert len(client.requests) == 1


def test_a_call_is_known_by_the_tasks_own_words_whatever_else_the_agent_remembers_and_has() -> None:
    def key(request: ModelRequest) -> str:
        return key_of(CallJob(provider="openai", model="m", request=request))

    memory = tuple(ChatMessage(role=role, text="of another task") for role in ("user", "assistant"))
    look = ToolSpec(name="look", description="d", parameters={})
    later = ask().model_copy(
        update={"messages": (*memory, *ask().messages), "remembered": 2, "tools": (look,), "deadline": 5.0}
    )
    assert key(later) == key(ask())
    answered = ask().model_copy(
        update={"messages": (*ask().messages, ChatMessage(role="assistant", text="Hello."))}
    )
    others = (answered, ask("Say bye."), ask(call_id="run-1/t2"), later.model_copy(update={"remembered": 0}))
    assert len({key(request) for request in (ask(), *others)}) == 5


async def test_cancelling_breaks_the_workers_call_off_and_forgets_it(bus: MemoryBus) -> None:
    closed = asyncio.Event()

    class Endless:
        name, native_tools = "openai", True

        async def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
            try:
                yield TextDelta(text="a")
                await asyncio.Event().wait()
            finally:
                closed.set()

    async with working(bus, Endless()) as worker, fleet_on(bus) as fleet:
        asking = asyncio.create_task(answer(fleet, ask()))
        await busy(worker)
        await asyncio.sleep(0.1)
        asking.cancel()
        await asyncio.wait_for(closed.wait(), 1)
        await asyncio.sleep(0.05)
        topic = await bus.work.topic("calls/openai")
        assert (topic.waiting, topic.taken, worker.busy) == (0, 0, 0)


async def test_a_refused_key_leaves_the_call_to_another_worker(bus: MemoryBus) -> None:
    bad = ScriptedClient([Reply(fault=faults.status(401), times=None)], provider="openai")
    good = ScriptedClient([Reply(text="hello")], provider="openai")
    async with working(bus, bad, "bad"), fleet_on(bus) as fleet:
        asking = asyncio.create_task(answer(fleet, ask()))
        while not bad.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        async with working(bus, good, "good"):
            assert text_of(await asking) == "hello"
        assert len(bad.requests) == 1, "it does not take such calls again"


async def test_when_nobody_can_take_a_call_that_is_said(bus: MemoryBus) -> None:
    async with Fleet(bus, asyncio.get_running_loop().time, patience=0.2) as fleet:
        with pytest.raises(
            ProviderError, match=r"no worker of the fleet can ask OpenAI.*OPENAI_API_KEY"
        ) as told:
            await answer(fleet, ask())
    assert told.value.fault is ProviderFault.MISSING_KEY


async def test_templates_never_stand_in_for_a_fleet(bus: MemoryBus) -> None:
    async with fleet_on(bus) as fleet:
        await bus.roster.join("w1", {"providers": ["local"]})
        await fleet._look()
        gateway = build_fleet_gateway(RouterConfig(), None, fleet)  # type: ignore[arg-type]
        assert gateway.choice(Role.CODE_GENERATOR).provider == "openai"
        await bus.roster.join("w2", {"providers": ["anthropic"]})
        await fleet._look()
        assert gateway.choice(Role.CODE_GENERATOR).provider == "anthropic"


async def test_a_call_that_ends_its_workers_is_told_to_the_owner(bus: MemoryBus) -> None:
    class Poison:
        name, native_tools = "openai", True

        async def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
            yield TextDelta(text="a")
            raise RuntimeError("the worker's own fault")

    async with working(bus, Poison()), fleet_on(bus) as fleet:
        with pytest.raises(ProviderError, match="ended 3 workers") as told:
            await answer(fleet, ask())
    assert told.value.fault is ProviderFault.BAD_REQUEST


async def test_a_worker_that_ends_finishes_what_it_has(bus: MemoryBus) -> None:
    client = ScriptedClient([Reply(text="one two three", tokens_per_second=10)])
    worker = CallWorker(bus, {"openai": client}, name="w1", beat=0.1)
    running = asyncio.create_task(worker.run())
    async with fleet_on(bus) as fleet:
        asking = asyncio.create_task(answer(fleet, ask()))
        await busy(worker)
        worker.end()
        await asyncio.wait_for(running, 5)
        assert text_of(await asking) == "one two three"
        assert await bus.roster.members() == []


async def test_a_worker_in_a_hurry_hands_its_calls_back(bus: MemoryBus) -> None:
    slow = ScriptedClient([Reply(text="one two three", tokens_per_second=1)])
    quick = ScriptedClient([Reply(text="done")])
    async with fleet_on(bus) as fleet:
        async with working(bus, slow, "w1") as worker:
            asking = asyncio.create_task(answer(fleet, ask()))
            await busy(worker)
            await asyncio.sleep(0.1)
        async with working(bus, quick, "w2"):
            parts = await asking
    assert text_of(parts) == "done"


async def test_long_texts_go_by_reference(bus: MemoryBus) -> None:
    job = CallJob(provider="openai", model="m", request=ask("ä" * 200_000))
    packed = await pack(job, bus.blobs)
    assert len(packed) < 2000
    assert await unpack(packed, bus.blobs) == job.model_copy(
        update={"request": job.request.model_copy(update={"call_id": ""})}
    )


async def test_equal_requests_of_different_tasks_are_different_calls(bus: MemoryBus) -> None:
    client = ScriptedClient([Reply(text="first"), Reply(text="second")])
    async with working(bus, client), fleet_on(bus) as fleet:
        assert text_of(await answer(fleet, ask(call_id="run-1/t1"))) == "first"
        assert text_of(await answer(fleet, ask(call_id="run-1/t2"))) == "second"


async def test_a_client_says_whether_the_fleet_can_ask(bus: MemoryBus) -> None:
    async with fleet_on(bus) as fleet:
        client = FleetClient(fleet, "openai")
        assert not (await client.check()).configured
        await bus.roster.join("w1", {"providers": ["openai"]})
        await fleet._look()
        assert await client.check() == ProviderState(
            provider="openai", configured=True, note="asked by the fleet"
        )
