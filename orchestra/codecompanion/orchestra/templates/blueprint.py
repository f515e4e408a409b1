"""The words shared by every template: what was asked for, and why it may be refused."""

from dataclasses import dataclass
from typing import Literal

from codecompanion.contracts.errors import BadRequest, CannotBuild

TemplateName = Literal["web app", "api service", "data pipeline"]
TEMPLATE_NAMES: tuple[TemplateName, ...] = ("web app", "api service", "data pipeline")

FieldType = Literal[
    "text",
    "long_text",
    "number",
    "integer",
    "boolean",
    "date",
    "time",
    "datetime",
    "email",
    "choice",
]
DatePart = Literal["", "day", "week", "month", "year"]
MeasureKind = Literal["count", "sum", "average", "smallest", "largest"]

WHAT_IT_CAN_BUILD = (
    "Without a model key I can build three kinds of software: a web app, an API service or a data pipeline. "
    "Try for example: 'an API service for library loans with member, book and due date'."
)


def cannot_build(why: str) -> CannotBuild:
    """Return the refusal that says ``why`` and then what can be built instead."""
    return CannotBuild(f"{why} {WHAT_IT_CAN_BUILD}")


class UnknownTemplate(BadRequest):
    """A template was asked for by a name that is not in ``TEMPLATE_NAMES``."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown template {name[:60]!r}; known: {', '.join(TEMPLATE_NAMES)}")


class UnknownTask(BadRequest):
    """A task was asked for that is not in the plan of the order."""

    def __init__(self, task_id: str, known: tuple[str, ...]) -> None:
        super().__init__(f"unknown task {task_id[:60]!r}; known: {', '.join(known)}")


@dataclass(frozen=True)
class Field:
    """One value of a record; ``name`` is lower-case ASCII with underscores, ``choices`` only for a choice."""

    name: str
    type: FieldType
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entity:
    """One kind of record.

    It has at least one field and its first field is required. ``name``, ``plural`` and the fields' names are
    lower-case ASCII with underscores; ``one`` and ``many`` are the same in words, such as "to-do" and "to-dos".
    """

    name: str
    plural: str
    one: str
    many: str
    fields: tuple[Field, ...]

    @property
    def title(self) -> str:
        """The plural as a heading."""
        return self.many[:1].upper() + self.many[1:]


@dataclass(frozen=True)
class Grouping:
    """What a pipeline groups by: a field, or a part of a date field."""

    field: str
    part: DatePart = ""

    @property
    def column(self) -> str:
        """The name of the column in the output."""
        return f"{self.field}_{self.part}" if self.part else self.field


@dataclass(frozen=True)
class Measure:
    """One number a pipeline works out per group; only a count has no field."""

    kind: MeasureKind
    field: str = ""

    @property
    def column(self) -> str:
        """The name of the column in the output."""
        return f"{self.kind}_{self.field}" if self.field else self.kind


@dataclass(frozen=True)
class Blueprint:
    """Everything the templates need to know; the same request always gives the same blueprint.

    ``package`` is a name Python can import and the standard library does not have. A pipeline has exactly one
    entity; with no ``measures`` it only checks and converts its rows.
    """

    template: TemplateName
    title: str
    package: str
    entities: tuple[Entity, ...]
    with_page: bool
    assumptions: tuple[str, ...]
    left_out: tuple[str, ...]
    groupings: tuple[Grouping, ...] = ()
    measures: tuple[Measure, ...] = ()
