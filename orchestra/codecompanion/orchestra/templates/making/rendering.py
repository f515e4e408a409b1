"""Files from the templates in ``files/``, with every word of a request escaped for its language."""

import json
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.orchestra.templates.making.literals import (
    in_docstring,
    in_markdown,
    js_literal,
    python_literal,
    tuple_of,
)

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent.parent / "files"


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return the text of ``template`` (a path below ``files/``, without ``.j2``); no value may miss."""
    return _environment().get_template(f"{template}.j2").render(values)


@cache
def _environment() -> "Environment":
    # imported here: most runs never render, and the server must start without it
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "py": python_literal,
        "js": js_literal,
        "tuple_of": tuple_of,
        "json": lambda value: json.dumps(value, ensure_ascii=False),
        "doc": in_docstring,
        "md": in_markdown,
        "shell": shlex.quote,
    }
    return environment
