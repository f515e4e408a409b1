"""What one process is told of a provider, all processes of the person heed, whatever their clocks say."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr

from codecompanion.contracts.errors import ProviderError, ProviderFault, WorkspaceError
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ChatMessage, Finished, ModelRequest
from codecompanion.contracts.rests import Rest
from codecompanion.memory.spending.ledger import SqliteLedger
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.bus.terms import WorkTerms
from codecompanion.router.choice import Eligible
from codecompanion.router.config import ModelRef, RouterConfig
from codecompanion.router.fleet.call_worker import CallWorker
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.fleet_client import FleetClient
from codecompanion.router.fleet.heeding_client import HeedingClient
from codecompanion.router.gateway import Gateway
from codecompanion.router.health import MODEL_FAULTS, ProviderHealth
from codecompanion.router.rests import KeyRests, SharedRests, fingerprints
from codecompanion.router.retries import RetryPolicy
from codecompanion.router.scripted_client import ScriptedClient
from codecompanion.router.scripted_server import Reply, faults

ONE, OTHER = ModelRef("openai", "one"), ModelRef("openai", "other")
KEYS = {"openai": "a1"}


class Process:
    """One process of several at one ledger: its own health and clock, and its view of the wall clock."""

    def __init__(self, folder, *, began, wall=1.8e9):
        self.now, self.wall = began, wall
        self.ledger = SqliteLedger.open(folder, lambda: self.wall)
        self.health = ProviderHealth(lambda: self.now)
        self.shared = SharedRests(self._board, self.health, lambda: self.wall, lambda: self.now)

    async def _board(self):
        return self.ledger

    def later(self, seconds):
        self.now += seconds
        self.wall += seconds

    def fails(self, fault, times=1, retry_after=None):
        for _ in range(times):
            error = ProviderError("No.", provider="openai", fault=fault, retry_after=retry_after)
            with pytest.raises(ProviderError), self.health.watching(ONE):
                raise error

    def waits(self):
        return dict(self.health.rests(ONE))["wait"]


@pytest.fixture
async def processes(tmp_path):
    async with AsyncExitStack() as stack:

        def begin(**how):
            made = Process(tmp_path, **how)
            stack.push_async_callback(made.ledger.close)
            return made

        yield begin


async def test_a_wish_to_be_left_alone_reaches_the_others_of_that_key(processes):
    told, other = processes(began=5.0), processes(began=90_000.0)
    told.fails(ProviderFault.RATE_LIMITED, retry_after=40)
    await told.shared.pass_on(ONE, "a1")
    told.later(3)
    other.later(3)
    await other.shared.bring_in({"openai": "another key"})
    assert other.waits() == 0
    third = processes(began=1.0, wall=other.wall)
    await third.shared.bring_in(KEYS)
    assert third.waits() == 37
    assert third.health.trouble(OTHER) == "has had too many calls, and is to be left alone for 37 s"
    # heard once, it is not begun anew by hearing it again
    third.later(10)
    await third.shared.bring_in(KEYS)
    assert third.waits() == 27


async def test_an_open_circuit_reaches_the_others(processes):
    told, other = processes(began=5.0), processes(began=7.0)
    told.fails(ProviderFault.UNAVAILABLE, times=MODEL_FAULTS)
    await told.shared.pass_on(ONE, "a1")
    await other.shared.bring_in(KEYS)
    assert (other.health.rest(ONE), other.health.rest(OTHER)) == (15, 0)
    other.later(15)
    assert other.health.rest(ONE) == 0


@pytest.mark.parametrize(
    ("jump", "heeded"), [(-400 * 86_400, False), (-3, True), (39, True), (41, False), (400 * 86_400, False)]
)
async def test_a_clock_that_jumps_makes_nobody_wait_longer_than_was_asked_for(processes, jump, heeded):
    told = processes(began=5.0)
    told.fails(ProviderFault.RATE_LIMITED, retry_after=40)
    await told.shared.pass_on(ONE, "a1")
    other = processes(began=7.0, wall=told.wall + jump)
    await other.shared.bring_in(KEYS)
    assert (0 < other.waits() <= 40) is heeded
    # the jump happens while it waits
    other.wall -= 86_400
    other.now += 40
    await other.shared.bring_in(KEYS)
    assert other.waits() == 0


async def test_a_rest_from_a_clock_that_was_ahead_does_not_stay(processes):
    ahead, right = processes(began=5.0, wall=1.9e9), processes(began=5.0)
    for one, seconds in ((ahead, 3000), (right, 30)):
        one.fails(ProviderFault.RATE_LIMITED, retry_after=seconds)
        await one.shared.pass_on(ONE, "a1")
    (kept,) = await right.ledger.rests()
    assert kept == Rest(name="wait openai a1", since=1.8e9, seconds=30)


async def test_the_longest_rest_stays_and_none_is_kept_for_good(processes, tmp_path):
    long, short = processes(began=5.0), processes(began=5.0)
    for one, seconds in ((long, 10**9), (short, 30)):
        one.fails(ProviderFault.RATE_LIMITED, retry_after=seconds)
        await one.shared.pass_on(ONE, "a1")
    assert [rest.seconds for rest in await short.ledger.rests()] == [3600]
    later = processes(began=5.0, wall=1.8e9 + 3601)
    assert await later.ledger.rests() == []


async def test_trouble_with_the_board_stops_nothing():
    async def away():
        raise WorkspaceError("it is away")

    health = ProviderHealth(lambda: 1.0)
    shared = SharedRests(away, health, lambda: 1.0, lambda: 1.0)
    health.leave_alone("wait", ONE, 30)
    await shared.bring_in(KEYS)
    await shared.pass_on(ONE, "a1")


def test_a_fingerprint_tells_keys_apart_and_not_what_they_are():
    def prints(key, **more):
        openai = {"api_key": SecretStr(key), **more}
        return fingerprints(RouterConfig.model_validate({"openai": openai}))

    first = prints("sk-first")
    assert list(first) == ["openai"]
    assert len({prints("sk-first")["openai"], prints("sk-other")["openai"], first["openai"]}) == 2
    assert prints("sk-first", base_url="http://127.0.0.1:1/v1") != first
    assert "first" not in first["openai"]


class Choice:
    def candidates(self, request):
        return (ONE,)

    def eligible(self, request):
        return Eligible((ONE,))


def ask(deadline=20.0):
    message = ChatMessage(role="user", text="Hi.")
    return ModelRequest(role=Role.DEBUGGER, system="s", messages=(message,), deadline=deadline, call_id="r/t")


async def test_a_second_process_does_not_ask_a_provider_that_told_the_first_one_to_wait(processes):
    asked = []
    for began in (5.0, 700.0):
        process = processes(began=began)
        client = ScriptedClient(
            [Reply(fault=faults.status(429, retry_after=30), times=None)], provider="openai"
        )
        gateway = Gateway(
            Choice(),
            {"openai": client},
            RetryPolicy(max_attempts=1, clock=process.health._clock),
            health=process.health,
            rests=KeyRests(process.shared, KEYS),
            clock=process.health._clock,
        )
        with pytest.raises(ProviderError) as told:
            [part async for part in gateway.stream(ask())]
        assert told.value.retry_after == 30
        asked.append(len(client.requests))
    assert asked == [1, 0]


async def test_all_owners_of_a_fleet_heed_what_a_worker_was_told():
    bus = MemoryBus(terms=WorkTerms(lease=5.0, presence=5.0))
    client = ScriptedClient(
        [Reply(fault=faults.status(429, retry_after=30)), Reply(text="hi")], provider="openai"
    )
    now = [1000.0]
    worker = CallWorker(
        bus, {"openai": HeedingClient(client, ProviderHealth(lambda: now[0]))}, name="w1", beat=0.1
    )
    working = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(20):
            for owner in range(2):
                async with Fleet(bus, asyncio.get_running_loop().time) as fleet:
                    request = ask().model_copy(update={"call_id": f"run-{owner}/t"})
                    with pytest.raises(ProviderError) as told:
                        [part async for part in FleetClient(fleet, "openai").stream(request, "one")]
                    assert (told.value.fault, told.value.retry_after) == (ProviderFault.RATE_LIMITED, 30)
            assert len(client.requests) == 1
            now[0] += 30
            async with Fleet(bus, asyncio.get_running_loop().time) as fleet:
                parts = [part async for part in FleetClient(fleet, "openai").stream(ask(), "one")]
            assert isinstance(parts[-1], Finished)
    finally:
        worker.hand_back()
        await asyncio.wait_for(working, 5)
