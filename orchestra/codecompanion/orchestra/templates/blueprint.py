"""The words shared by every template: what was asked for, and why it may be refused."""

from dataclasses import dataclass

WEB_APP = "web app"
API_SERVICE = "api service"
DATA_PIPELINE = "data pipeline"
TEMPLATE_NAMES: tuple[str, ...] = (WEB_APP, API_SERVICE, DATA_PIPELINE)

FIELD_TYPES: tuple[str, ...] = (
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
)

WHAT_IT_CAN_BUILD = (
    "Without a model key I can build three kinds of software: a web app, an API service or a data pipeline. "
    "Try for example: 'an API service for library loans with member, book and due date'."
)


class CannotBuild(Exception):
    """The request fits no template; the message says why in plain words and what can be built."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} {WHAT_IT_CAN_BUILD}")
        self.why = why


class UnknownTemplate(ValueError):
    """A template was asked for by a name that is not in `TEMPLATE_NAMES`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown template {name!r}; known: {', '.join(TEMPLATE_NAMES)}")


class UnknownTask(ValueError):
    """A task was asked for that is not in the plan of the blueprint."""

    def __init__(self, task_id: str, known: tuple[str, ...]) -> None:
        super().__init__(f"unknown task {task_id!r}; known: {', '.join(known)}")


@dataclass(frozen=True)
class Field:
    """One value of a record; `name` is lower-case ASCII with underscores, `type` one of `FIELD_TYPES`."""

    name: str
    type: str
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entity:
    """One kind of record; it has at least one field and its first field is required."""

    name: str
    plural: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Grouping:
    """What a pipeline groups by: a field, or a part of a date field (`part`: "", "day", "month", "year")."""

    field: str
    part: str = ""

    @property
    def column(self) -> str:
        return f"{self.field}_{self.part}" if self.part else self.field


@dataclass(frozen=True)
class Measure:
    """One number a pipeline works out; `kind`: count, sum, average, smallest, largest. A count has no field."""

    kind: str
    field: str = ""

    @property
    def column(self) -> str:
        return f"{self.kind}_{self.field}" if self.field else self.kind


@dataclass(frozen=True)
class Blueprint:
    """Everything the templates need to know; the same request always gives the same blueprint."""

    template: str
    title: str
    package: str
    entities: tuple[Entity, ...]
    with_page: bool
    assumptions: tuple[str, ...]
    left_out: tuple[str, ...]
    groupings: tuple[Grouping, ...] = ()
    measures: tuple[Measure, ...] = ()
