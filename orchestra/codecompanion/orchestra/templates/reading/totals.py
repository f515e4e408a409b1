"""A pipeline's wish for sums and groups, matched to the fields of its rows."""

from dataclasses import replace

from codecompanion.orchestra.templates.blueprint import (
    Blueprint,
    DatePart,
    Entity,
    Field,
    Grouping,
    Measure,
    cannot_build,
)
from codecompanion.orchestra.templates.reading.guesses import make_field
from codecompanion.orchestra.templates.reading.summaries import Wish
from codecompanion.orchestra.templates.reading.tokens import Item, Token, plain
from codecompanion.orchestra.templates.reading.wording import identifier, listed, singular

_NUMBERS = ("number", "integer")
_DATES = ("date", "datetime")


def _word(text: str) -> Token:
    return Token(text, text)


def _as_number(item: Item) -> Item:
    """The item with a hint that it is a number."""
    return (*item[:-1], replace(item[-1], hint=(_word("number"),)))


def needed_fields(wish: Wish, entity_names: tuple[str, ...]) -> list[Item]:
    """Return the fields a whole summary needs ("averages temperature by city"); none for half a summary."""
    is_whole = bool(wish.measures) and all(name or kind == "count" for kind, name in wish.measures)
    if not is_whole or not (wish.groups or wish.parts):
        return []
    measured = [_as_number(name) for kind, name in wish.measures if name and kind != "count"]
    measured = [item for item in measured if identifier(plain(item)) not in entity_names]
    groups = [*wish.groups, *([(_word("date"),)] if wish.parts else [])]
    return list(dict.fromkeys([*groups, *measured]))


def with_totals(blueprint: Blueprint, wish: Wish) -> Blueprint:
    """Return the blueprint with its groupings and measures; fields a wish names and the rows lack are added."""
    totals = _Totals(blueprint.entities[0])
    groupings = [totals.grouping(name) for name in wish.groups]
    groupings += [totals.grouping_by_date(part) for part in wish.parts]
    measures = [totals.measure(Measure(kind), name) for kind, name in wish.measures]
    if not groupings:
        groupings = [totals.first_grouping()]
        totals.note(f"The request does not say what to group by, so it groups by {groupings[0].field}.")
    if not measures:
        measures = [Measure("count"), *totals.sum_of_first_number()]
        said = listed([measure.column.replace("_", " ") for measure in measures])
        totals.note(f"The request does not say what to work out, so it works out: {said}.")
    _refuse_twin_columns([grouping.column for grouping in groupings], [m.column for m in measures])
    return replace(
        blueprint,
        entities=(totals.entity(),),
        groupings=tuple(dict.fromkeys(groupings)),
        measures=tuple(dict.fromkeys(measures)),
        assumptions=(*blueprint.assumptions, *totals.notes),
    )


def _refuse_twin_columns(groups: list[str], measures: list[str]) -> None:
    for name in measures:
        if name in groups:
            raise cannot_build(f"The result would have two columns {name!r}; name that field differently.")


class _Totals:
    """The fields of the rows while a wish is matched to them."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._fields = {field.name: field for field in entity.fields}
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def entity(self) -> Entity:
        return replace(self._entity, fields=tuple(self._fields.values()))

    def grouping(self, name: Item) -> Grouping:
        return Grouping((self._find(name) or self._add(name)).name)

    def grouping_by_date(self, part: DatePart) -> Grouping:
        """Group by a column of that name ("year") or by the part of the first date."""
        if part in self._fields:
            return Grouping(part)
        dated = next((field for field in self._fields.values() if field.type in _DATES), None)
        return Grouping((dated or self._add((_word("date"),))).name, part)

    def measure(self, measure: Measure, name: Item) -> Measure:
        if measure.kind == "count":
            return measure
        found = self._find(name) if name else None
        if found is None and (not name or self._names_the_rows(name)):
            found = next((field for field in self._fields.values() if field.type in _NUMBERS), None)
        found = found or self._add(_as_number(name or (_word("amount"),)))
        if found.type not in _NUMBERS:
            self._fields[found.name] = replace(found, type="number", choices=())
        return Measure(measure.kind, found.name)

    def first_grouping(self) -> Grouping:
        fields = list(self._fields.values())
        plain_fields = [field for field in fields if field.type in ("text", "choice", "boolean", "email")]
        return Grouping((plain_fields or fields)[0].name)

    def sum_of_first_number(self) -> list[Measure]:
        numbers = [field for field in self._fields.values() if field.type in _NUMBERS]
        return [Measure("sum", numbers[0].name)] if numbers else []

    def _names_the_rows(self, name: Item) -> bool:
        return singular(name[-1].low) in (self._entity.name, *self._entity.name.split("_"))

    def _find(self, name: Item) -> Field | None:
        """The field of that name, or of its singular, or one that shares its words."""
        wanted = identifier(plain(name))
        one = identifier(" ".join([*(token.low for token in name[:-1]), singular(name[-1].low)]))
        for candidate in (wanted, one):
            if candidate in self._fields:
                return self._fields[candidate]
        return next(
            (field for key, field in self._fields.items() if one in key.split("_") or key in one.split("_")),
            None,
        )

    def _add(self, name: Item) -> Field:
        one = (*name[:-1], replace(name[-1], low=singular(name[-1].low), shown=singular(name[-1].shown)))
        added = make_field(one, len(self._fields) + 1)
        self._fields[added.name] = added
        self.notes.append(f"The summary needs {added.label.lower()}, so the rows have it as a field.")
        return added
