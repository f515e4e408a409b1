"""What the pages of the "api service" and the "web app" have in common."""

from typing import Any

from codecompanion.orchestra.templates.blueprint import Blueprint, Entity, Field
from codecompanion.orchestra.templates.making.samples import mistyped, record, typed
from codecompanion.orchestra.templates.reading.wording import listed

MAX_HEADING = 40
PAGE_ACCEPTANCE = (
    "Records can be listed in pages, searched, sorted, added, changed and deleted.",
    "A value that does not fit is told beside its input, before anything is saved.",
    "Every input has a label, changes are announced, everything works by keyboard and on a narrow screen.",
    "What people typed is only ever shown as text; the page loads nothing from elsewhere.",
)


def page_values(blueprint: Blueprint, *, main_script: str, values_module: str, connect: str) -> dict[str, Any]:
    """Return the values of the shared page templates; ``connect`` is what the page may fetch from."""
    return {
        "heading": _heading(blueprint.entities),
        "main_script": main_script,
        "values_module": values_module,
        "connect": connect,
    }


def _heading(entities: tuple[Entity, ...]) -> str:
    """The kinds of record, or the first of them when all would not fit beside the tabs."""
    names = listed([entity.many for entity in entities])
    shown = names if len(names) <= MAX_HEADING else f"{entities[0].many} and more"
    return shown[:1].upper() + shown[1:]


def described(field: Field) -> dict[str, Any]:
    """Return the field as the page's JavaScript knows it."""
    described: dict[str, Any] = {"name": field.name, "label": field.label, "type": field.type}
    if field.required:
        described["required"] = True
    if field.choices:
        described["choices"] = field.choices
    return described


def value_test_values(entity: Entity) -> dict[str, Any]:
    """Return the values of the tests of what is typed into a form."""
    return {
        "fields": [described(field) for field in entity.fields],
        "needed": [field.name for field in entity.fields if field.required and field.type != "boolean"],
        "samples": {
            "typed": typed(entity, 0),
            "read": record(entity, 0),
            "mistyped": mistyped(entity),
        },
    }
