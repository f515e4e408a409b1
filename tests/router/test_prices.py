"""Costs: known models cost something, free ones nothing, and what is unknown stays unknown."""

import subprocess
import sys

import pytest

from codecompanion.contracts.model_calls import Usage
from codecompanion.router.catalogue.catalogue import Catalogue, Model, Price
from codecompanion.router.prices import PriceList
from codecompanion.router.scripted_server import Reply

MILLION = 1_000_000


@pytest.fixture(scope="module")
def prices():
    return PriceList()


def test_a_call_costs_what_the_list_says(prices):
    # 3 $ a million tokens in, 15 $ out, 0.30 $ read from the cache, 3.75 $ put into it
    def cost(**tokens):
        return prices.cost("anthropic", "claude-sonnet-4-5", **{"output_tokens": 0, **tokens})

    assert cost(input_tokens=100_000) == pytest.approx(0.3)
    assert cost(input_tokens=0, output_tokens=100_000) == pytest.approx(1.5)
    assert cost(input_tokens=100_000, cached=100_000) == pytest.approx(0.03)
    assert cost(input_tokens=100_000, cached=60_000, written=40_000) == pytest.approx(0.018 + 0.15)


def test_local_and_offline_are_free(prices):
    assert prices.cost("local", "anything", input_tokens=MILLION, output_tokens=MILLION) == 0.0
    assert prices.cost("offline", "templates", input_tokens=0, output_tokens=0) == 0.0


def test_a_persons_own_price_stands_above_the_list():
    own = [Model(model=name, price=Price(input=2.0, output=4.0)) for name in ("openai/mine", "local/mine")]
    prices = PriceList(Catalogue(own))
    for provider in ("openai", "local"):
        assert prices.cost(provider, "mine", input_tokens=MILLION, output_tokens=MILLION, cached=9) == 6.0
    assert prices.cost("openai", "mine", input_tokens=0, output_tokens=0) == 0.0
    assert prices.cost("local", "other", input_tokens=MILLION, output_tokens=0) == 0.0


def test_an_unknown_model_or_usage_has_no_price(prices):
    assert prices.cost("openai", "no-such-model", input_tokens=5, output_tokens=5) is None
    assert prices.cost("scripted", "m", input_tokens=5, output_tokens=5) is None
    assert prices.cost("openai", "gpt-6.1-sol", input_tokens=0, output_tokens=0) is None


@pytest.mark.parametrize(
    "asked",
    [
        ("anthropic", "claude-sonnet-5-5", True),
        ("responses", "gpt-6.1-sol", True),
        ("chat", "gpt-6.1-sol", True),
        ("gemini", "gemini-3.8-flash", True),
        ("chat", "my-own-model", False),
    ],
)
async def test_every_answer_carries_its_cost(clients, ask, answer, prices, asked):
    kind, model, known = asked
    client, _ = await clients(kind, [Reply(text="one two three", cached_tokens=2)])
    usage: Usage = (await answer(client.stream(ask("word " * 50), model))).finished[0].usage
    provider = client.name
    expected = prices.cost(
        provider, model, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cached=2
    )
    assert usage.cost == expected
    assert (usage.cost is not None) is known


async def test_a_local_answer_is_free(clients, ask, answer):
    client, _ = await clients("local", [Reply(text="one two three")])
    assert (await answer(client.stream(ask(), "tiny"))).finished[0].usage.cost == 0.0


def test_the_list_is_read_only_when_a_price_is_asked():
    script = (
        "import sys; from codecompanion.router.prices import PriceList; prices = PriceList();"
        "prices.cost('local', 'm', input_tokens=1, output_tokens=1); assert 'genai_prices' not in sys.modules;"
        "prices.load(); assert 'genai_prices' in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True)
