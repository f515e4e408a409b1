"""Numbers are said as people say them."""

import pytest

from codecompanion.contracts.wording import counted


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 tests"),
        (1, "1 test"),
        (2, "2 tests"),
        (12_345, "12,345 tests"),
        (1.0, "1 test"),
        (1.5, "1.5 tests"),
    ],
)
def test_one_is_no_plural(number: float, said: str) -> None:
    assert counted(number, "test") == said
