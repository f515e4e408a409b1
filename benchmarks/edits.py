"""Mutated model replies: how many are applied, and whether any is applied wrong; and what placing one costs."""

import time

from benchmarks.edit_corpus.judging import judged, report
from benchmarks.table import Row, percentile
from codecompanion.contracts.edits import ReplaceBlock
from codecompanion.orchestra.edits.preview import resulting_text

CASES = 3_000
LINES = 10_000
PLACED = 200


def run() -> list[Row]:
    """Run the corpus, and place blocks in a long file."""
    tally = judged(CASES)
    print(f"\n{report(tally)}")
    costs = _costs()
    return [
        Row("replies applied wrong", len(tally.wrong), "≤", 0),
        Row("mendable replies applied", tally.mended, "≥", 95, " %"),
        Row(f"place a block in {LINES:,} lines, p50", percentile(costs, 0.5) * 1000, "≤", 5, " ms"),
        Row(f"place a block in {LINES:,} lines, p99", percentile(costs, 0.99) * 1000, "≤", 30, " ms"),
    ]


def _costs() -> list[float]:
    """Return the seconds that each of many blocks takes; every fourth is indented otherwise than the file."""
    functions = range(LINES // 5)
    text = "".join(f"def f{n}(a):\n    x = a + {n}\n    if x:\n        return\n    return\n" for n in functions)
    costs = []
    for n in range(PLACED):
        at = n * len(functions) // PLACED
        indent = "" if n % 4 == 0 else "    "
        block = ReplaceBlock(
            path="long.py", search=f"{indent}x = a + {at}\n", replace=f"{indent}x = a * {at}\n"
        )
        begun = time.perf_counter()
        resulting_text(text, block)
        costs.append(time.perf_counter() - begun)
    return costs
