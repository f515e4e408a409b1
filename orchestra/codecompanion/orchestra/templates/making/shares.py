"""One agent's share of a project: its task and the templates of its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.plan import PlanTask
from codecompanion.orchestra.templates.blueprint import Blueprint, Entity, Field
from codecompanion.orchestra.templates.making.rendering import render
from codecompanion.orchestra.templates.reading.wording import listed

MAX_LISTED = 100

_KINDS = {
    "text": "text",
    "long_text": "long text",
    "number": "number",
    "integer": "whole number",
    "boolean": "yes or no",
    "date": "date",
    "time": "time",
    "datetime": "date and time",
    "email": "e-mail address",
}


@dataclass(frozen=True)
class Source:
    """One file to make: where it goes, and the template and values it comes from."""

    path: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the file's text."""
        return render(self.template, self.values)


@dataclass(frozen=True)
class Share:
    """A task and its files; every file of a project belongs to exactly one share."""

    id: str
    title: str
    role: Role
    sources: tuple[Source, ...]
    acceptance: tuple[str, ...]
    depends_on: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL

    def task(self) -> PlanTask:
        """Return the share as the plan's task."""
        return PlanTask(
            id=self.id,
            title=self.title,
            role=self.role,
            depends_on=self.depends_on,
            files=tuple(source.path for source in self.sources),
            acceptance=self.acceptance,
            priority=self.priority,
        )


def readme_values(blueprint: Blueprint) -> dict[str, Any]:
    """Return the values of what every README says: what was assumed and left out, and what fields there are."""
    return {
        "left_out": blueprint.left_out,
        "assumptions": blueprint.assumptions,
        "kind_in_words": kind_in_words,
    }


def kinds_of_record(entities: tuple[Entity, ...]) -> str:
    """Return "loans, books and members", or only how many when that is too long to read."""
    names = listed([entity.many for entity in entities])
    return names if len(names) <= MAX_LISTED else f"{len(entities)} kinds of record"


def kind_in_words(described: Field) -> str:
    """Return the field's type as people say it."""
    return f"one of {', '.join(described.choices)}" if described.choices else _KINDS[described.type]


def entity_in_words(entity: Entity) -> str:
    """Return a sentence that says what a record consists of."""
    fields = [
        f"{described.label} ({kind_in_words(described)}{', needed' if described.required else ''})"
        for described in entity.fields
    ]
    return f"{entity.title}: {', '.join(fields)}."
