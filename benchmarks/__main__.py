"""`python -m benchmarks [name …]`: run all measurements, or the named ones; exit 1 when a bar does not hold."""

import sys
from importlib import import_module

from benchmarks.table import Row, print_bars

ALL = (
    "startup",
    "wire",
    "engine",
    "store",
    "fleet",
    "sandbox",
    "shadow",
    "edits",
    "arbiter",
    "blame",
    "router",
    "router_worlds",
    "budgets",
)


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; known: {', '.join(ALL)}")
        return 2
    rows: list[Row] = []
    for name in names or ALL:
        rows += import_module(f"benchmarks.{name}").run()
    print_bars(rows)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
