"""A budget that is spent too fast makes a dollar dear in the live choice; one that lasts does nothing."""

from datetime import UTC, datetime

import pytest

from codecompanion.router.budget.limits import shares_gone
from codecompanion.router.learning.live_pacing import LivePacer, Pace, pace_of
from codecompanion.router.learning.pacing import Option, taken

DOLLAR = 1_000_000
ARMS = ("dear", "cheap")
OPTIONS = [Option(0.8, 0.10), Option(0.5, 0.01)]


def outlook(kind, arms):
    return OPTIONS


@pytest.mark.parametrize(
    ("spent", "gone", "speed"),
    [
        (0, 0.0, None),
        (0.1, 0.01, None),  # a first task says little
        (0.4, 0.0, 0.375),  # but not when it took so much
        (0.5, 0.5, None),
        (0.8, 0.5, 0.25),
        (1.2, 0.5, 0.0),
        (0.99, 1.0, None),
        (0.4, -3.0, 0.375),  # clocks may say anything
        (0.4, 7.0, None),
    ],
)
def test_the_speed_at_which_a_budget_lasts(spent, gone, speed):
    found = pace_of("budget.day", DOLLAR, int(spent * DOLLAR), gone)
    assert (found.speed if found else None) == (speed if speed is None else pytest.approx(speed))


def test_a_budget_of_nothing_presses_at_once():
    assert pace_of("budget.day", 0, 0, 0.5) == Pace("budget.day", 1.0, 0.5, 0.0)


def test_no_budget_no_price():
    pacer = LivePacer()
    assert [pacer.price(None, "k", ARMS, outlook) for _ in range(10)] == [0.0] * 10


def test_the_price_lets_through_what_the_budget_pays_for():
    slow = Pace("budget.day", 0.8, 0.5, 0.25)
    price = LivePacer().price(slow, "k", ARMS, outlook)
    # the dear one brings 0.3 more for nine cents
    assert 0.3 / 0.09 < price < 1.5 * 0.3 / 0.09
    assert LivePacer().price(slow._replace(speed=0.0), "k", ARMS, outlook) > price
    assert LivePacer().price(slow._replace(speed=1.0), "k", ARMS, outlook) == 0.0


def test_money_goes_first_where_it_buys_most():
    worth = {"much": [Option(0.9, 0.10), Option(0.1, 0.01)], "little": [Option(0.9, 0.10), Option(0.85, 0.01)]}
    pacer, pace = LivePacer(), Pace("budget.day", 0.7, 0.5, 0.6)
    for _ in range(10):
        for kind in worth:  # noqa: PLC0206
            price = pacer.price(pace, kind, ARMS, lambda kind, _: worth[kind])
    best = [taken(options, price).dollars for options in worth.values()]
    assert best == [0.10, 0.01]


def test_what_was_saved_before_is_thought_of():
    pacer, pace = LivePacer(), Pace("budget.day", 0.8, 0.5, 0.95)
    assert pacer.price(pace, "k", ARMS, outlook) > 0
    for _ in range(50):
        pacer.note(OPTIONS, 1)
    # at a tenth of the cost already, 95 % of that speed is still a tenth
    slower = LivePacer()
    slower.note(OPTIONS, 0)
    assert pacer._speed() < 0.15 < slower._speed() == 1.0


def test_days_and_months_are_the_calendars():
    noon = datetime(2026, 11, 16, 12, tzinfo=UTC)
    assert shares_gone(noon, None) == pytest.approx({"day": 0.5, "month": 15.5 / 30, "workspace": 15.5 / 30})
    assert shares_gone(noon, 0.25)["run"] == 0.25
