"""Results as a table: what was measured, the bar, and whether it holds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure against its bar; ``relation`` is "≤", "<" or "≥"."""

    measure: str
    value: float
    relation: str
    bar: float
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        if self.relation == "≥":
            return self.value >= self.bar
        return self.value <= self.bar if self.relation == "≤" else self.value < self.bar


def print_table(title: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Print a plain table with aligned columns."""
    rows = [head, *lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    print(f"\n{title}")
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_bars(rows: Sequence[Row]) -> None:
    """Print every figure against its bar."""
    lines = [
        (
            row.measure,
            f"{row.value:.3g}{row.unit}",
            f"{row.relation} {row.bar:g}{row.unit}",
            "yes" if row.holds else "NO",
        )
        for row in rows
    ]
    print_table("bars", ("measure", "measured", "bar", "holds"), lines)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of ``values`` lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
