"""Amounts are whole micro-dollars, and are told exactly."""

import pytest

from codecompanion.router.budget.money import in_dollars, micros_up, nearest_micros


@pytest.mark.parametrize(
    ("dollars", "nearest", "up"),
    [
        (0.1, 100_000, 100_000),
        (0.0000015, 2, 2),
        (0.0000014, 1, 2),
        (0, 0, 0),
        (1e-9, 0, 1),
        (5, 5_000_000, 5_000_000),
    ],
)
def test_dollars_to_micros(dollars, nearest, up):
    assert (nearest_micros(dollars), micros_up(dollars)) == (nearest, up)


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "$0.00"), (5_000_000, "$5.00"), (1_230_000, "$1.23"), (123, "$0.000123"), (1_500_100, "$1.5001")],
)
def test_micros_in_words(micros, text):
    assert in_dollars(micros) == text
