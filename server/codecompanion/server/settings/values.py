"""The values that settings take: what each must be, checked as it is read."""

import shlex
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from codecompanion.contracts.orders import Landing
from codecompanion.orchestra.bus.redis_address import parse_address
from codecompanion.router.config import parse_model
from codecompanion.server.settings.given import Given


def _model_name(given: str) -> str:
    parse_model(given)
    return given.strip()


def _base_url(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("not an address")
    if "@" in parts.netloc or parts.query or parts.fragment or any(sign.isspace() for sign in given):
        raise ValueError("more than an address")
    return given


def _redis_url(given: str) -> str:
    parse_address(given)
    return given


def _split(given: object) -> object:
    if isinstance(given, str):
        return tuple(shlex.split(given))
    return tuple(given) if isinstance(given, list) else given


def _command(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given or not given[0].strip() or any("\0" in word for word in given):
        raise ValueError("not a command")
    return given


def _folder(given: str) -> str:
    path = PureWindowsPath(given) if "\\" in given or ":" in given[:3] else PurePosixPath(given)
    if not given.strip() or "\0" in given or ".." in path.parts or path.parts in ((), (path.anchor,)):
        raise ValueError("not a folder of its own")
    return given


def _lower(given: object) -> object:
    return given.lower() if isinstance(given, str) else given


ModelName = Annotated[str, AfterValidator(_model_name)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
Command = Annotated[
    tuple[str, ...],
    BeforeValidator(_split, json_schema_input_type=str | tuple[str, ...]),
    AfterValidator(_command),
]
Folder = Annotated[str, AfterValidator(_folder)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
Sandbox = Annotated[Literal["auto", "off"], BeforeValidator(_lower)]
LandingName = Annotated[Landing, BeforeValidator(_lower)]
Wire = Annotated[Literal["responses", "chat"], BeforeValidator(_lower)]
Seconds = Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False), Given("seconds from 1 to 3600")]
