"""Values for the generated tests and sample files: some that fit a field, and one that does not."""

from codecompanion.orchestra.templates.blueprint import Entity, Field, FieldType

Sample = str | int | float | bool | list[str]

_PEOPLE = ("Ada Brook", "Ben Stone", "Cleo Marsh", "Dan Reed")
_TEXTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("name", "author", "artist", "member", "customer", "student", "teacher", "owner"), _PEOPLE),
    **dict.fromkeys(("patient", "employee", "person", "donor", "guest", "player", "driver"), _PEOPLE),
    "title": ("The Long Way", "Blue Hour", "Second Light", "Open Road"),
    "book": ("The Long Way", "Blue Hour", "Second Light", "Open Road"),
    "product": ("Lamp", "Chair", "Desk", "Shelf"),
    "item": ("Lamp", "Chair", "Desk", "Shelf"),
    "category": ("Food", "Travel", "Books", "Home"),
    "region": ("North", "South", "East", "West"),
    "city": ("Oslo", "Bern", "Lyon", "Cork"),
    "country": ("Norway", "Switzerland", "France", "Ireland"),
    "phone": ("555 0101", "555 0102", "555 0103", "555 0104"),
}
_ORDINALS = ("First", "Second", "Third", "Fourth")
_FITTING: dict[FieldType, tuple[Sample, ...]] = {
    "number": (4.5, 20.25, 9.75, 12.5),
    "integer": (3, 12, 7, 20),
    "boolean": (True, False, True, False),
    "date": ("2026-01-15", "2026-02-20", "2026-01-28", "2026-03-05"),
    "time": ("09:30:00", "14:00:00", "18:45:00", "07:15:00"),
    "datetime": ("2026-01-15T09:30:00", "2026-02-20T14:00:00", "2026-01-28T18:45:00", "2026-03-05T07:15:00"),
    "email": ("ada@example.com", "ben@example.com", "cleo@example.com", "dan@example.com"),
}
_WRONG: dict[FieldType, Sample] = {
    "text": 42,
    "long_text": ["a list"],
    "number": "lots",
    "integer": 2.5,
    "boolean": "perhaps",
    "date": "2026-02-30",
    "time": "25:00",
    "datetime": "yesterday",
    "email": "nobody",
    "choice": "none of these",
}


def sample(field: Field, number: int) -> Sample:
    """Return a value that fits the field as a service gives it back; the same number gives the same value."""
    if field.type == "choice":
        return field.choices[number % len(field.choices)]
    if field.type in _FITTING:
        return _FITTING[field.type][number % 4]
    known = _TEXTS.get(field.name.rsplit("_", 1)[-1])
    return known[number % 4] if known else f"{_ORDINALS[number % 4]} {field.label.lower()}"


def record(entity: Entity, number: int) -> dict[str, Sample]:
    """Return one value for every field."""
    return {field.name: sample(field, number) for field in entity.fields}


def wrong_json(entity: Entity) -> dict[str, Sample]:
    """Return for every field a JSON value of the wrong kind."""
    return {field.name: wrong_value(field) for field in entity.fields}


def wrong_value(field: Field) -> Sample:
    """Return a value of the wrong kind; never one of the field's choices."""
    value = _WRONG[field.type]
    return f"{value}, ever" if value in field.choices else value


def typed(entity: Entity, number: int) -> dict[str, str | bool]:
    """Return what a person would type into a form for ``record(entity, number)``."""
    return {
        name: value if isinstance(value, bool) else str(value) for name, value in record(entity, number).items()
    }


def mistyped(entity: Entity) -> dict[str, str]:
    """Return for the fields that can be mistyped what a form must refuse."""
    return {
        field.name: str(wrong_value(field))
        for field in entity.fields
        if field.type not in ("text", "long_text", "boolean")
    }
