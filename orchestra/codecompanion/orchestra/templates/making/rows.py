"""Sample rows of a pipeline and the result its command must give, worked out here without the pipeline."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from codecompanion.orchestra.templates.blueprint import Blueprint, Entity, Grouping, Measure
from codecompanion.orchestra.templates.making.samples import Sample, mistyped, record

COUNT = 4
Row = dict[str, str]


def sample_rows(blueprint: Blueprint) -> list[Row]:
    """Return rows that fit, as texts; the columns grouped by have two values, each of them twice."""
    return [{name: _text(value) for name, value in _record(blueprint, n).items()} for n in range(COUNT)]


def wrong_texts(entity: Entity) -> Row:
    """Return for the columns that can be wrong a text that does not fit."""
    empty = {field.name: "" for field in entity.fields if field.required}
    booleans = {field.name: "perhaps" for field in entity.fields if field.type == "boolean"}
    return {**empty, **booleans, **mistyped(entity)}


def expected_result(blueprint: Blueprint) -> list[Row]:
    """Return the output's rows as texts."""
    if not blueprint.measures:
        return sample_rows(blueprint)
    records = [_record(blueprint, number) for number in range(COUNT)]
    keys = sorted({_key(row, blueprint.groupings) for row in records})
    return [_total(blueprint, key, [r for r in records if _key(r, blueprint.groupings) == key]) for key in keys]


def _record(blueprint: Blueprint, number: int) -> dict[str, Sample]:
    entity = blueprint.entities[0]
    grouped = {grouping.field for grouping in blueprint.groupings}
    own, shared = record(entity, number), record(entity, number % 2)
    return {name: shared[name] if name in grouped else own[name] for name in own}


def _key(row: dict[str, Sample], groupings: Iterable[Grouping]) -> tuple[Sample, ...]:
    return tuple(_part(str(row[g.field]), g.part) if g.part else row[g.field] for g in groupings)


def _part(text: str, part: str) -> str:
    """The day, week, month or year of an ISO date."""
    if part == "week":
        year, week, _ = date.fromisoformat(text[:10]).isocalendar()
        return f"{year}-W{week:02}"
    return text[: {"day": 10, "month": 7, "year": 4}[part]]


def _total(blueprint: Blueprint, key: tuple[Sample, ...], rows: list[dict[str, Sample]]) -> Row:
    groups = {g.column: _text(value) for g, value in zip(blueprint.groupings, key, strict=True)}
    return groups | {measure.column: _measured(measure, rows) for measure in blueprint.measures}


def _measured(measure: Measure, rows: list[dict[str, Sample]]) -> str:
    if measure.kind == "count":
        return str(len(rows))
    numbers = [Decimal(str(row[measure.field])) for row in rows]
    value = {
        "sum": sum(numbers, Decimal(0)),
        "average": (sum(numbers, Decimal(0)) / len(numbers)).normalize(),
        "smallest": min(numbers),
        "largest": max(numbers),
    }[measure.kind]
    return f"{value:f}"


def _text(value: Sample) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
