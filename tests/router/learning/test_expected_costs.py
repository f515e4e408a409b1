"""What a task may cost is known before a model was asked: by its price, its family, what others cost."""

import pytest

from codecompanion.router.catalogue.catalogue import Catalogue, Model, Price
from codecompanion.router.catalogue.expected_costs import ExpectedCosts
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.policy import Outcome
from codecompanion.router.learning.spending import Spending
from codecompanion.router.learning.weights import parse_weights
from codecompanion.router.prices import PriceList

CODE, PLAN = "CodeGenerator/code generation", "ProjectManager/planning"


@pytest.fixture
def expected():
    own = [
        Model(model="local/mine", context=1000),
        Model(model="openai/free", price=Price(input=0, output=0)),
        Model(model="odd/alpha-one", price=Price(input=1, output=1)),
    ]
    catalogue = Catalogue(own)
    prices = PriceList(catalogue)
    prices.load()
    return ExpectedCosts(catalogue, prices)


def test_price_times_tokens_by_role_and_size(expected):
    dear, cheap = "anthropic/claude-opus-5", "anthropic/claude-haiku-5-5"
    assert expected(CODE, "small", dear) > expected(CODE, "small", cheap) > 0
    assert expected(CODE, "large", dear) > expected(CODE, "medium", dear) > expected(CODE, "small", dear)
    assert expected(CODE, "", dear) == expected(CODE, "medium", dear)
    assert expected(CODE, "small", dear) > expected(PLAN, "small", dear)
    assert expected(CODE, "small", "local/mine") == expected(CODE, "small", "openai/free") == 0


def test_a_model_without_a_price_costs_what_its_family_does_or_a_usual_model(expected):
    # of no provider's list, but a claude-opus by its name
    assert expected(CODE, "small", "odd/claude-opus-9") == expected(CODE, "small", "anthropic/claude-opus-5")
    unknown = expected(CODE, "small", "odd/nobody-knows")
    known = [expected(CODE, "small", f"anthropic/claude-{name}") for name in ("opus-5", "haiku-5-5")]
    assert min(known) < unknown < max(known)


def test_nothing_is_told_while_the_list_is_not_read():
    class Unread(PriceList):
        loaded = False

    asked = ExpectedCosts(Catalogue(), Unread())
    assert asked(CODE, "small", "openai/gpt-6.1-sol") is None


def test_what_others_were_paid_corrects_what_is_listed():
    listed = {"a": 0.1, "b": 0.2}
    spending = Spending(lambda kind, size, arm: listed.get(arm))
    assert spending.forecast("k", ("a", "b", "c")).amounts == [0.1, 0.2, 0.0]
    for _ in range(100):
        spending.learn("k", "a", 0.5)
    a, b, _ = spending.forecast("k", ("a", "b", "c")).amounts
    assert a == pytest.approx(0.5)
    assert b == pytest.approx(1.0, rel=0.05), "a's tasks cost five times what is listed, so b's may, too"
    spending.learn("k", "b", 0.3)
    assert spending.expected("k", "b") == pytest.approx(0.3), "what was paid for it counts, not what is listed"


def test_a_dear_model_is_a_burden_before_it_was_ever_asked():
    listed = {"dear": 1.0, "cheap": 0.1}
    burdens = Burdens(parse_weights("balanced"), lambda kind, size, arm: listed[arm])
    assert burdens.of("k", ("dear", "cheap")) == pytest.approx([0.07, 0.007])
    burdens.learn("k", "cheap", Outcome(quality=1.0, dollars=0.1))
    dear, cheap = burdens.of("k", ("dear", "cheap"))
    assert dear > 5 * cheap
