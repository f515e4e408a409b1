"""Amounts in whole micro-dollars, from and to what people and price lists write."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Final

_MICROS_A_DOLLAR: Final = 1_000_000


def nearest_micros(dollars: float | Decimal) -> int:
    """Return an amount in dollars as the nearest number of micro-dollars."""
    return _micros(dollars, ROUND_HALF_UP)


def micros_up(dollars: float | Decimal) -> int:
    """Return an amount in dollars as micro-dollars, rounded up: never less than it is."""
    return _micros(dollars, ROUND_CEILING)


def in_dollars(micros: int) -> str:
    """Return micro-dollars as a person reads them, exactly: at least cents, and no zeros after those."""
    text = f"{micros / _MICROS_A_DOLLAR:.6f}"
    while text.endswith("0") and text[-3] != ".":
        text = text[:-1]
    return f"${text}"


def _micros(dollars: float | Decimal, rounding: str) -> int:
    # by way of its text, as the digits of 0.1 are meant and not what the float makes of them
    amount = Decimal(str(dollars)) * _MICROS_A_DOLLAR
    return int(amount.quantize(Decimal(1), rounding))
