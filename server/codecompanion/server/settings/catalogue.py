"""The settings one by one, each with the name it has in every source; read off the model, kept nowhere else."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from codecompanion.server.settings.given import Given
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.names import PREFIX
from codecompanion.server.settings.problems import SettingsError
from codecompanion.server.settings.secret import Secret

_QUIET = ConfigDict(hide_input_in_errors=True)


@dataclass(frozen=True)
class Setting:
    """One setting; ``path`` leads to it in `Settings`, ``name`` is the dotted camelCase form people write."""

    path: tuple[str, ...]
    name: str
    variable: str
    given: Given
    description: str
    default: object
    secret: bool
    adapter: TypeAdapter[Any]

    def check(self, value: object, *, strict: bool) -> object:
        """Return the checked value; raises ``ValueError`` without a word about the value.

        ``strict`` refuses other types even where they could be converted, as for values that have types of
        their own (JSON, TOML); text from the environment has none.
        """
        fault: str | None = None
        try:
            return self.adapter.validate_python(value, strict=strict)
        except SettingsError as refused:
            fault = str(refused)
        except ValidationError:
            fault = f"give {self.given.expects}"
        # raised out here, so that no exception that carries the value hangs on this one as its context
        raise ValueError(fault)


@cache
def all_settings() -> tuple[Setting, ...]:
    """Return every setting, in the model's order."""
    return tuple(_walk(Settings, ()))


@cache
def by_name() -> dict[str, Setting]:
    """Return every setting by its dotted name, as editors and files use it."""
    return {setting.name: setting for setting in all_settings()}


@cache
def by_variable() -> dict[str, Setting]:
    """Return every setting by its environment variable."""
    return {setting.variable: setting for setting in all_settings()}


def _walk(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[Setting]:
    for field_name, field in model.model_fields.items():
        here = (*path, field_name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _walk(field.annotation, here)
        else:
            yield _setting(here, field)


def _setting(path: tuple[str, ...], field: FieldInfo) -> Setting:
    form: Any = Annotated[field.annotation, *field.metadata]
    given = next(note for note in field.metadata if isinstance(note, Given))
    return Setting(
        path=path,
        name=".".join(to_camel(part) for part in path),
        variable=given.variable or PREFIX + "_".join(path).upper(),
        given=given,
        description=field.description or "",
        default=field.default,
        secret=field.annotation == Secret | None,
        adapter=TypeAdapter(form, config=_QUIET),
    )
