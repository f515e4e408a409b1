"""The gateway's promises: retries, fall-back, one deadline, and nothing silent."""

import asyncio
import time

import pytest

from codecompanion.contracts.errors import CannotBuild, ProviderError, ProviderFault
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Brief, Finished, ModelRequest, Restarted, TextDelta
from codecompanion.contracts.orders import RunOrder
from codecompanion.router.config import ModelRef, RouterConfig
from codecompanion.router.gateway import Gateway, build_gateway
from codecompanion.router.retries import RetryPolicy
from codecompanion.router.scripted_client import ScriptedClient
from codecompanion.router.scripted_server import Reply, ScriptedServer, faults

FIRST, SECOND = ModelRef("first", "model-a"), ModelRef("second", "model-b")
BUSY = Reply(fault=faults.status(503), times=None)
BAD_KEY = Reply(fault=faults.status(401), times=None)


class Order:
    """A choice that always names the same models."""

    def __init__(self, *refs):
        self._refs = refs

    def candidates(self, request):
        return self._refs

    def for_role(self, role):
        return self._refs


@pytest.fixture
def gateway_of(world):
    """Make a gateway of scripted clients: ``gateway_of(first=[…], second=[…])``."""

    def make(*, max_attempts=3, chance=1.0, **scripts):
        clients = {name: ScriptedClient(replies, provider=name) for name, replies in scripts.items()}
        retries = RetryPolicy(
            max_attempts=max_attempts, clock=world.clock, sleep=world.sleep, chance=lambda: chance
        )
        refs = [ref for ref in (FIRST, SECOND) if ref.provider in scripts]
        return Gateway(Order(*refs), clients, retries, clock=world.clock), clients

    return make


def text_after_restart(parts):
    text = ""
    for part in parts:
        if isinstance(part, Restarted):
            text = ""
        elif isinstance(part, TextDelta):
            text += part.text
    return text


async def test_a_good_answer_passes_through(gateway_of, ask, answer, world):
    gateway, _ = gateway_of(first=[Reply(text="all well")])
    got = await answer(gateway.stream(ask()))
    assert got.text == "all well"
    assert got.finished[0].model == "model-a"
    assert not any(isinstance(part, Restarted) for part in got.parts)
    assert world.slept == []


async def test_a_retry_voids_the_text_before_it(gateway_of, ask, answer):
    gateway, _ = gateway_of(
        first=[Reply(text="one two three", fault=faults.cut(after=2)), Reply(text="the whole answer")]
    )
    got = await answer(gateway.stream(ask()))
    restarts = [part for part in got.parts if isinstance(part, Restarted)]
    assert got.text.startswith("one two")
    assert text_after_restart(got.parts) == "the whole answer"
    assert len(restarts) == 1
    assert "broke off" in restarts[0].reason
    assert restarts[0].reason.endswith("Now asking first/model-a.")


async def test_waits_double_and_are_jittered(gateway_of, ask, answer, world):
    for chance, expected in ((1.0, [0.5, 1.0, 2.0]), (0.0, [0.25, 0.5, 1.0])):
        world.slept.clear()
        gateway, _ = gateway_of(first=[BUSY], max_attempts=4, chance=chance)
        with pytest.raises(ProviderError):
            await answer(gateway.stream(ask(deadline=100)))
        assert world.slept == expected


async def test_a_wait_the_provider_asks_for_is_kept_at_least(gateway_of, ask, answer, world):
    gateway, _ = gateway_of(
        first=[
            Reply(fault=faults.status(429, retry_after=9)),
            Reply(fault=faults.status(429, retry_after=0)),
            Reply(text="ok"),
        ]
    )
    await answer(gateway.stream(ask(deadline=100)))
    assert world.slept == [9, 1.0]


async def test_no_wait_begins_that_would_outlast_the_deadline(gateway_of, ask, answer, world):
    gateway, clients = gateway_of(first=[Reply(fault=faults.status(429, retry_after=60), times=None)])
    with pytest.raises(ProviderError) as caught:
        await answer(gateway.stream(ask(deadline=20)))
    assert caught.value.fault is ProviderFault.RATE_LIMITED
    assert caught.value.retry_after == 60
    assert world.slept == []
    assert len(clients["first"].requests) == 1


async def test_each_try_gets_only_the_time_that_is_left(gateway_of, ask, answer):
    gateway, clients = gateway_of(first=[BUSY], chance=1.0)
    with pytest.raises(ProviderError):
        await answer(gateway.stream(ask(deadline=10)))
    assert [asked.request.deadline for asked in clients["first"].requests] == [10, 9.5, 8.5]


@pytest.mark.parametrize(
    "fault", [faults.status(401), faults.too_long(), faults.status(404), faults.empty(), faults.web_page()]
)
async def test_what_will_not_mend_itself_is_tried_once(gateway_of, ask, answer, world, fault):
    gateway, clients = gateway_of(first=[Reply(fault=fault, times=None)])
    with pytest.raises(ProviderError):
        await answer(gateway.stream(ask()))
    assert len(clients["first"].requests) == 1
    assert world.slept == []


async def test_a_provider_that_is_down_gives_way_to_the_next(gateway_of, ask, answer):
    gateway, clients = gateway_of(first=[BUSY], second=[Reply(text="from the second")])
    got = await answer(gateway.stream(ask(deadline=100)))
    assert len(clients["first"].requests) == 3
    assert text_after_restart(got.parts) == "from the second"
    assert (got.finished[0].provider, got.finished[0].model) == ("second", "model-b")
    assert [part.reason.rpartition("Now asking ")[2] for part in got.parts if isinstance(part, Restarted)] == [
        "first/model-a.",
        "first/model-a.",
        "second/model-b.",
    ]


async def test_a_refused_key_gives_way_at_once_and_is_remembered(gateway_of, ask, answer):
    gateway, clients = gateway_of(first=[BAD_KEY], second=[Reply(text="ok", times=None)])
    for _ in range(3):
        got = await answer(gateway.stream(ask()))
        assert got.text == "ok"
    assert len(clients["first"].requests) == 1
    assert not any(isinstance(part, Restarted) for part in got.parts)
    assert gateway.choice(Role.DEBUGGER) == SECOND
    states = {state.provider: state for state in gateway.states()}
    assert states["first"].checked == "refused"
    assert "was refused" in states["first"].note


async def test_a_good_check_forgives_a_refused_key(gateway_of, ask, answer):
    gateway, _ = gateway_of(
        first=[Reply(fault=faults.status(401)), Reply(text="first again")], second=[Reply(text="second")]
    )
    assert (await answer(gateway.stream(ask()))).text == "second"
    states = await gateway.check()
    assert [(state.provider, state.checked) for state in states] == [
        ("first", "accepted"),
        ("second", "accepted"),
    ]
    assert (await answer(gateway.stream(ask()))).text == "first again"


async def test_all_keys_refused_is_told_again_without_a_call(gateway_of, ask, answer):
    gateway, clients = gateway_of(first=[BAD_KEY], second=[BAD_KEY])
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            await answer(gateway.stream(ask()))
        assert caught.value.fault is ProviderFault.REFUSED_KEY
        assert caught.value.provider == "first"
    assert len(clients["first"].requests) == len(clients["second"].requests) == 1


async def test_a_bad_request_is_told_at_once(gateway_of, ask, answer):
    gateway, clients = gateway_of(first=[Reply(fault=faults.too_long())], second=[Reply(text="no")])
    with pytest.raises(ProviderError) as caught:
        await answer(gateway.stream(ask()))
    assert caught.value.fault is ProviderFault.BAD_REQUEST
    assert clients["second"].requests == []


async def test_when_all_fail_every_reason_is_told(gateway_of, ask, answer):
    gateway, _ = gateway_of(first=[BUSY], second=[Reply(fault=faults.web_page(), times=None)], max_attempts=1)
    with pytest.raises(ProviderError) as caught:
        await answer(gateway.stream(ask()))
    assert "trouble of its own" in str(caught.value)
    assert "web page" in str(caught.value)
    assert (caught.value.provider, caught.value.fault) == ("first", ProviderFault.UNAVAILABLE)


async def test_the_gateways_deadline_caps_the_requests(world, ask, answer):
    client = ScriptedClient([Reply(text="ok")], provider="first")
    retries = RetryPolicy(max_attempts=1, clock=world.clock)
    gateway = Gateway(Order(FIRST), {"first": client}, retries, deadline=5, clock=world.clock)
    await answer(gateway.stream(ask(deadline=500)))
    assert client.requests[0].request.deadline == 5


async def test_one_deadline_covers_a_hanging_provider(ask, answer):
    client = ScriptedClient([Reply(fault=faults.hang(), times=None)], provider="first")
    gateway = Gateway(Order(FIRST), {"first": client}, RetryPolicy(max_attempts=3, clock=time.monotonic))
    began = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        await answer(gateway.stream(ask(deadline=0.3)))
    assert caught.value.fault is ProviderFault.TIMEOUT
    assert time.monotonic() - began < 1.3
    assert len(client.requests) == 1


@pytest.mark.usefixtures("no_task_left")
async def test_closing_midway_closes_the_clients_stream(clients, ask, wire):
    client, server = await clients(wire, [Reply(text="word " * 500, tokens_per_second=50, times=None)])
    gateway = Gateway(
        Order(ModelRef(client.name, "m")),
        {client.name: client},
        RetryPolicy(max_attempts=3, clock=time.monotonic),
    )
    stream = gateway.stream(ask())
    assert isinstance(await anext(stream), TextDelta)
    await stream.aclose()
    async with asyncio.timeout(1):
        await server.until_disconnects()
    assert len(server.requests) == 1


@pytest.mark.usefixtures("no_task_left")
@pytest.mark.parametrize("reply", [Reply(fault=faults.hang()), Reply(fault=faults.status(429, retry_after=15))])
async def test_cancelling_while_it_calls_or_waits(clients, ask, answer, reply):
    client, server = await clients("anthropic", [reply])
    gateway = Gateway(
        Order(ModelRef("anthropic", "m")),
        {"anthropic": client},
        RetryPolicy(max_attempts=3, clock=time.monotonic),
    )
    reading = asyncio.create_task(answer(gateway.stream(ask())))
    await server.until_requests()
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert len(server.requests) == 1


async def test_tools_are_native_where_the_first_model_has_them(ask):
    with_tools, without = (
        ScriptedClient([], provider="first", native_tools=True),
        ScriptedClient([], provider="second", native_tools=False),
    )
    clients = {"first": with_tools, "second": without}
    retries = RetryPolicy(max_attempts=1, clock=time.monotonic)
    assert Gateway(Order(FIRST, SECOND), clients, retries).native_tools(ask())
    assert not Gateway(Order(SECOND, FIRST), clients, retries).native_tools(ask())


async def test_a_whole_set_up_over_http(templates, ask, answer):
    async with ScriptedServer(
        lambda asked: Reply(text=f"{asked.wire} {asked.model}"), keys={"good-key"}
    ) as server:
        config = RouterConfig.model_validate(
            {
                "anthropic": {"api_key": "good-key", "base_url": server.url},
                "openai": {"api_key": "bad-key", "base_url": server.openai_url},
                "gemini": {"api_key": "good-key", "base_url": server.url},
                "local": {"base_url": server.openai_url, "api_key": "good-key", "model": "tiny"},
                "models": {"TestWriter": "local", "Debugger": "gemini/gemini-x"},
            }
        )
        gateway = build_gateway(config, templates)
        texts = {role: (await answer(gateway.stream(ask(role=role)))).text for role in Role}
        states = {state.provider: state.checked for state in await gateway.check()}
        await gateway.close()
    assert texts == {
        Role.PROJECT_MANAGER: "messages claude-sonnet-5-5",
        # its own provider refused the key
        Role.CODE_GENERATOR: "messages claude-sonnet-5-5",
        Role.UI_DESIGNER: "gemini gemini-3.8-flash",
        Role.TEST_WRITER: "chat tiny",
        Role.DEBUGGER: "gemini gemini-x",
    }
    assert states == {
        "anthropic": "accepted",
        "openai": "refused",
        "gemini": "accepted",
        "local": "accepted",
        "offline": "not checked",
    }


async def test_without_any_provider_templates_answer(templates, ask, answer):
    gateway = build_gateway(RouterConfig(), templates)
    assert all(gateway.uses_offline(role) for role in Role)
    order = RunOrder(kind="project", request="a shop", workspace="/w")
    got = await answer(gateway.stream(ask(brief=Brief(order=order, purpose="plan"))))
    assert isinstance(got.parts[-1], Finished)
    assert (got.finished[0].provider, got.finished[0].usage.cost) == ("offline", 0.0)
    assert not gateway.native_tools(ask())
    notes = {state.provider: (state.configured, state.note) for state in gateway.states()}
    assert notes["openai"] == (
        False,
        "OPENAI_API_KEY is not set, so OpenAI cannot be used; set it, or choose another provider's model.",
    )
    assert notes["offline"][0]


async def test_an_order_marked_offline_never_meets_a_model(templates, ask, answer):
    async with ScriptedServer([]) as server:
        config = RouterConfig.model_validate({"anthropic": {"api_key": "k", "base_url": server.url}})
        gateway = build_gateway(config, templates)
        order = RunOrder(kind="project", request="a shop", workspace="/w", offline=True)
        request: ModelRequest = ask(brief=Brief(order=order, purpose="plan"))
        assert (await answer(gateway.stream(request))).finished[0].provider == "offline"
        assert not gateway.native_tools(request)
        assert server.requests == []


async def test_what_templates_cannot_build_is_said_as_they_say_it(templates, ask, answer):
    gateway = build_gateway(RouterConfig(only_offline=True), templates)
    order = RunOrder(kind="project", request="a rocket", workspace="/w")
    with pytest.raises(CannotBuild, match="no rockets"):
        await answer(gateway.stream(ask(brief=Brief(order=order, purpose="plan"))))


async def test_a_model_in_trouble_is_passed_over_and_tried_again_later(gateway_of, ask, answer, world):
    gateway, clients = gateway_of(first=[BUSY], second=[Reply(text="ok", times=None)], max_attempts=5)
    await answer(gateway.stream(ask(deadline=100)))
    assert len(clients["first"].requests) == 5
    await answer(gateway.stream(ask(deadline=100)))
    assert len(clients["first"].requests) == 5
    world.now += 300
    await answer(gateway.stream(ask(deadline=100)))
    assert len(clients["first"].requests) == 6


async def test_where_all_are_in_trouble_the_trial_is_waited_for(gateway_of, ask, answer, world):
    gateway, clients = gateway_of(
        first=[Reply(fault=faults.status(503), times=5), Reply(text="ok")], max_attempts=5
    )
    with pytest.raises(ProviderError):
        await answer(gateway.stream(ask(deadline=100)))
    got = await answer(gateway.stream(ask(deadline=100)))
    assert text_after_restart(got.parts) == "ok"
    assert world.slept[-1] == 15
    assert len(clients["first"].requests) == 6


async def test_a_model_that_its_provider_does_not_know_gives_way_and_is_left_out(gateway_of, ask, answer):
    gone = Reply(fault=faults.status(404), times=None)
    gateway, clients = gateway_of(first=[gone], second=[Reply(text="ok", times=None)])
    for _ in range(3):
        assert (await answer(gateway.stream(ask()))).text == "ok"
    assert len(clients["first"].requests) == 1
    assert gateway.choice(Role.DEBUGGER) == SECOND
    alone, _ = gateway_of(first=[gone])
    for _ in range(2):
        with pytest.raises(ProviderError, match="does not know the model"):
            await answer(alone.stream(ask()))
