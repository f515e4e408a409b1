"""What all settings have in common: how they may be given, groups of them, and kinds of values they share."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


@dataclass(frozen=True, slots=True)
class Given:
    """How a setting may be given.

    ``expects`` ends a sentence that begins with "give". ``variable`` is the environment's name for it where
    that is not made from the setting's own. A ``machine`` setting is not taken from the editor: an opened
    folder can bring editor settings along, and those must not say where keys and code are sent or switch
    the machine's guards off.
    """

    expects: str
    variable: str = ""
    machine: bool = False


class Group(BaseModel):
    """Settings under one name, checked and frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _split_paths(given: object) -> object:
    if isinstance(given, str):
        return tuple(given.split(os.pathsep))
    return tuple(given) if isinstance(given, list) else given


def _absolute(given: tuple[str, ...]) -> tuple[str, ...]:
    if not all(Path(folder).is_absolute() and "\0" not in folder for folder in given):
        raise ValueError("not all absolute paths")
    return given


Folders = Annotated[
    tuple[str, ...],
    BeforeValidator(_split_paths, json_schema_input_type=str | tuple[str, ...]),
    AfterValidator(_absolute),
]
Flag = Annotated[bool, Given("true or false")]
