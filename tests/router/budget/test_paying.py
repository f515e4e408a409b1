"""No call is made that could cost more than a budget has left, and each is charged what it cost."""

import asyncio

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import Finished
from codecompanion.router.config import ModelRef

from .conftest import CHEAP, DEAR, OVER, PricedClient, World

UNPRICED = ModelRef("odd", "one")


async def refused(call, gateway, **how):
    with pytest.raises(ProviderError) as caught:
        await call(gateway, **how)
    assert caught.value.fault is OVER
    return str(caught.value)


async def test_a_call_is_charged_what_the_provider_reports(world, call):
    client = PricedClient(DEAR, made=100)
    await call(world.gateway(client, day=1_000_000))
    assert await world.sums() == {
        "day 2026-11-29": (1020, 0),
        "month 2026-11": (1020, 0),
        "provider dear 2026-11": (1020, 0),
        "run r-1": (1020, 0),
    }
    assert client.requests[0].max_tokens == 2000


async def test_the_output_is_bounded_by_what_is_left(world, call):
    client = PricedClient(DEAR)
    gateway = world.gateway(client, run=54_000)
    with pytest.raises(ProviderError):
        for _ in range(9):
            await call(gateway)
    spent, reserved = (await world.sums())["run r-1"]
    assert spent <= 54_000
    assert reserved == 0
    asked = [request.max_tokens for request in client.requests]
    assert asked[0] == 2000
    assert 1024 <= asked[-1] < 2000
    # what was left did not pay for the smallest answer
    assert 54_000 - spent < 1024 * 10 + 1200


@pytest.mark.parametrize(
    ("budgets", "words"),
    [
        ({"day": 100}, "for a day (budget.day) $0.00 are spent: raise budget.day"),
        ({"run": 0}, "of the budget of $0.00 for one run (budget.run)"),
        ({"providers": {"dear": 5}}, "for dear and a month (providerBudgets.dear)"),
        ({"call": 100}, "more than the budget of $0.0001 for one call (budget.call)"),
    ],
)
async def test_a_refusal_names_the_budget_and_the_setting(world, call, budgets, words):
    client = PricedClient(DEAR)
    assert words in await refused(call, world.gateway(client, **budgets))
    assert client.requests == []


async def test_a_model_without_a_price_is_refused_under_a_hard_budget_only(world, call):
    client = PricedClient(UNPRICED)
    sentence = await refused(call, world.gateway(client, day=10**9))
    assert "The price of odd/one is not known" in sentence
    assert "routing.catalogue" in sentence
    await call(world.gateway(client, day=10**9, soft=True))
    (line,) = await (await world.book.ledger()).costs("r-1")
    assert (line.calls, line.micros, line.unsure) == (1, 0, 1)


async def test_a_cheaper_model_is_asked_where_the_first_is_too_dear(world, call):
    dear, cheap = PricedClient(DEAR), PricedClient(CHEAP)
    await call(world.gateway(dear, cheap, call=5000))
    assert (len(dear.requests), len(cheap.requests)) == (0, 1)


async def test_a_stand_in_is_never_dearer_than_what_was_set_aside(world, call):
    cheap = PricedClient(CHEAP, faults=[ProviderFault.UNAVAILABLE] * 2)
    dear = PricedClient(DEAR)
    with pytest.raises(ProviderError, match="dear/a was not asked instead: it may cost"):
        await call(world.gateway(cheap, dear, day=10**9))
    assert (len(cheap.requests), dear.requests) == (2, [])


@pytest.mark.parametrize(
    ("fault", "begun", "charged"),
    [
        (ProviderFault.RATE_LIMITED, False, False),
        (ProviderFault.UNAVAILABLE, False, False),
        (ProviderFault.UNAVAILABLE, True, True),
        (ProviderFault.CUT_STREAM, True, True),
        (ProviderFault.TIMEOUT, False, True),
    ],
)
async def test_what_nobody_reports_counts_for_the_most_it_can_be(world, call, fault, begun, charged):
    client = PricedClient(DEAR, faults=[fault] * 2, begun=begun)
    with pytest.raises(ProviderError):
        await call(world.gateway(client, day=10**9))
    spent, reserved = (await world.sums()).get("day 2026-11-29", (0, 0))
    assert reserved == 0
    # both tries: 2000 tokens of output and the input at its bound
    assert (2 * 21_000 < spent < 2 * 22_000) if charged else spent == 0


@pytest.mark.parametrize("hard", [True, False])
async def test_a_cancelled_call_is_charged_and_nothing_stays_set_aside(world, call, hard):
    client = PricedClient(DEAR)
    client.hold = asyncio.Event()
    calling = asyncio.create_task(call(world.gateway(client, **({"day": 10**9} if hard else {}))))
    await client.asked.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    spent, reserved = (await world.sums())["day 2026-11-29"]
    assert 21_000 < spent < 22_000
    assert reserved == 0


async def test_calls_wait_for_money_that_others_have_set_aside(world, call):
    client = PricedClient(DEAR, made=1)
    client.hold = asyncio.Event()
    gateway = world.gateway(client, day=30_000)
    calls = [asyncio.create_task(call(gateway)) for _ in range(5)]
    await client.asked.wait()
    client.hold.set()
    answers = await asyncio.gather(*calls)
    assert all(isinstance(parts[-1], Finished) for parts in answers)
    assert {request.max_tokens for request in client.requests} == {2000}
    assert (await world.sums())["day 2026-11-29"] == (5 * 30, 0)


async def test_a_wait_for_money_ends_with_the_deadline(world, call):
    client = PricedClient(DEAR)
    client.hold = asyncio.Event()
    gateway = world.gateway(client, day=30_000)
    first = asyncio.create_task(call(gateway))
    await client.asked.wait()
    assert "set aside for other calls under way" in await refused(call, gateway, deadline=0.05)
    client.hold.set()
    await first


async def test_each_warning_is_given_once(world, call):
    client = PricedClient(DEAR, made=1998)
    gateway = world.gateway(client, day=40_000, soft=True)
    for _ in range(4):
        await call(gateway)
    shares = [text.partition("spent: ")[2] for text in world.told]
    assert shares == [
        "50 % of the budget of $0.04 for a day (budget.day)",
        "100 % of the budget of $0.04 for a day (budget.day)",
    ] or shares[0].startswith("50 %")
    assert len(shares) == len(set(shares)) == 2


async def test_a_new_day_has_a_budget_of_its_own(world, call):
    gateway = world.gateway(PricedClient(DEAR, made=2000), day=22_000)
    await call(gateway)
    await refused(call, gateway)
    world.day = world.day.replace(day=30)
    await call(gateway)


async def test_trouble_with_the_ledger_stops_calls_under_hard_budgets_only(world, call):
    (world.folder / "spending.db").write_bytes(b"nonsense" * 1000)
    client = PricedClient(DEAR)
    assert "No budget can be kept" in await refused(call, world.gateway(client, day=10**9))
    for _ in range(2):
        await call(world.gateway(client))
    assert len(world.told) == 1
    assert "is damaged" in world.told[0]


@pytest.mark.parametrize(
    ("budgets", "told"),
    [
        ({"run": 50_000, "day": 40_000, "tell_above": 30_000}, ["This run may cost up to $0.04."]),
        ({"run": 50_000, "tell_above": 50_000}, []),
        ({"tell_above": 0}, ["No budget bounds what this run may cost: set budget.run to bound it."]),
    ],
)
async def test_what_a_run_may_cost_is_told_once_before_it(world, call, budgets, told):
    gateway = world.gateway(PricedClient(DEAR, made=1), **budgets)
    for _ in range(2):
        await call(gateway)
    assert world.told == told
    assert (await world.sums())["run r-1"] == (60, 0)


async def test_a_model_that_no_budget_can_pay_for_is_passed_over_before_a_choice(world, call):
    dear, cheap, odd = PricedClient(DEAR, made=1500), PricedClient(CHEAP), PricedClient(UNPRICED)
    gateway = world.gateway(dear, odd, cheap, run=24_000)
    await call(gateway)
    request = dear.requests[0]
    (usable,) = gateway.eligible(request).models
    excluded = dict(gateway.eligible(request).excluded)
    assert usable == CHEAP
    assert excluded[DEAR] == "costs at least $0.01024 a call, and budget.run has less left"
    assert excluded[UNPRICED] == "has no known price, so no budget can be kept with it"
    # with another run all is open again, but for the one without a price
    assert gateway.eligible(request.model_copy(update={"call_id": "r-2/t-1"})).models == (DEAR, CHEAP)


async def test_a_spent_provider_budget_is_known_before_a_choice_in_any_process(world, call):
    dear, cheap = PricedClient(DEAR, made=1500), PricedClient(CHEAP)
    await call(world.gateway(dear, providers={"dear": 24_000}))
    request = dear.requests[0]
    # another process, which has charged nothing itself
    again = World(world.folder)
    try:
        gateway = again.gateway(dear, cheap, providers={"dear": 24_000, "cheap": 24_000}, day=10**9)
        assert gateway.eligible(request).models == (DEAR, CHEAP)
        await gateway.prepare()
        found = gateway.eligible(request)
        assert found.models == (CHEAP,)
        assert found.excluded == (
            (DEAR, "costs at least $0.01024 a call, and providerBudgets.dear has less left"),
        )
        again.day = again.day.replace(month=12)
        assert gateway.eligible(request).models == (DEAR, CHEAP)
    finally:
        await again.book.close()


async def test_what_others_spend_meanwhile_is_known_by_the_next_refusal(world, call):
    dear, cheap = PricedClient(DEAR, made=1), PricedClient(CHEAP, made=1)
    gateway = world.gateway(dear, cheap, providers={"dear": 24_000})
    await gateway.prepare()
    await call(gateway)
    again = World(world.folder, "other")
    await call(again.gateway(PricedClient(DEAR, made=1900), providers={"dear": 24_000}))
    await again.book.close()
    assert gateway.eligible(dear.requests[0]).models == (DEAR, CHEAP)
    await call(gateway)
    assert (len(dear.requests), len(cheap.requests)) == (1, 1)
    assert gateway.eligible(dear.requests[0]).models == (CHEAP,)


async def test_a_budget_that_is_spent_too_fast_is_paced(world, call):
    client = PricedClient(DEAR, made=1998)
    gateway = world.gateway(client, day=100_000, run=10**6, soft=True)
    await call(gateway)
    request = client.requests[0].model_copy(update={"call_id": "r-1/t-1"})
    assert gateway.eligible(request).pace is None
    for _ in range(3):
        await call(gateway)
    pace = gateway.eligible(request).pace
    assert (pace.setting, pace.gone) == ("budget.day", 0.5)
    assert pace.spent == pytest.approx(0.8, abs=0.01)
    assert pace.speed == pytest.approx(0.25, abs=0.01)
    world.time = world.time.replace(hour=23)
    assert gateway.eligible(request).pace is None
    # a run is paced by its tasks
    by_run = world.gateway(client, run=100_000, soft=True)
    assert by_run.eligible(request).pace is None
    assert by_run.eligible(request.model_copy(update={"progress": 0.5})).pace.setting == "budget.run"
    assert world.gateway(client).eligible(request).pace is None


@pytest.mark.parametrize(("counted", "charged"), [(600, 20_600), (1, 21_098), (None, 21_098)])
async def test_of_a_call_that_is_cut_the_input_is_charged_as_it_was_counted(world, call, counted, charged):
    client = PricedClient(DEAR, faults=[ProviderFault.CUT_STREAM] * 2, begun=True, counted=counted)
    with pytest.raises(ProviderError):
        await call(world.gateway(client, day=10**9))
    # each of two tries: the whole output it was allowed, and the input, by its bytes where no count is believed
    assert (await world.sums())["day 2026-11-29"] == (2 * charged, 0)


async def test_what_a_call_cannot_cost_any_more_is_free_for_others_at_once(world, call):
    client = PricedClient(DEAR, counted=600)
    client.hold = asyncio.Event()
    gateway = world.gateway(client, day=41_700)
    calls = [asyncio.create_task(call(gateway)) for _ in range(2)]
    async with asyncio.timeout(10):
        # the bounds of both together are more than the budget
        while len(client.requests) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert {request.max_tokens for request in client.requests} == {2000}
    client.hold.set()
    await asyncio.gather(*calls)
    spent, reserved = (await world.sums())["day 2026-11-29"]
    assert (spent <= 41_700, reserved) == (True, 0)
