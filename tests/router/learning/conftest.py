"""Small tables, decisions and runs for the learning router."""

import csv
import io
from collections.abc import Callable, Sequence

import pytest

from codecompanion.router.learning.tables import Table, table_of

HEAD = "task,type,model,score,cost_usd,latency_s"


@pytest.fixture
def table() -> Callable[..., Table]:
    """Read a table from its rows: ``table("t1,a,m,1,0.1,2", …)``."""

    def read(*rows: str, head: str = HEAD) -> Table:
        return table_of(csv.DictReader(io.StringIO("\n".join((head, *rows)))), "rows")

    return read


@pytest.fixture
def plain_table(table: Callable[..., Table]) -> Table:
    """Two kinds, three models, each best somewhere; the dear one is best at both on the mean."""
    means = {"easy": {"dear": 9, "cheap": 8, "bad": 2}, "hard": {"dear": 6, "cheap": 1, "bad": 3}}
    costs = {"dear": 0.1, "cheap": 0.01, "bad": 0.05}
    rows: list[str] = []
    for kind, of_model in means.items():
        for number in range(60):
            rows += _rows(f"{kind}{number}", kind, number, of_model, costs)
    return table(*rows)


def _rows(
    task: str, kind: str, number: int, of_model: dict[str, int], costs: dict[str, float]
) -> Sequence[str]:
    return [
        f"{task},{kind},{model},{int(number * 7 % 10 < tenths)},{costs[model]},1"
        for model, tenths in of_model.items()
    ]
