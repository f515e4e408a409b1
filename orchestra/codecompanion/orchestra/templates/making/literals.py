"""Values as source text: every word of a request reaches generated code through one of these.

The texts are safe for their language whatever they hold (quotes, backslashes, line ends, Unicode).
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 100
_JS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def python_literal(value: Any, indent: int = 0) -> str:
    """Return a Python literal; ``indent`` is the column of the line it stands in, for breaking long ones."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        items = [f"{python_literal(key)}: {python_literal(item, indent + 4)}" for key, item in value.items()]
        return _broken("{", items, "}", indent, step=4)
    if isinstance(value, tuple):
        items = [python_literal(item, indent + 4) for item in value]
        return f"({items[0]},)" if len(items) == 1 else _broken("(", items, ")", indent, step=4)
    if isinstance(value, Sequence):
        return _broken("[", [python_literal(item, indent + 4) for item in value], "]", indent, step=4)
    return repr(value)


def js_literal(value: Any, indent: int = 0) -> str:
    """Return a JavaScript literal; names are written without quotation marks where the language allows it."""
    if isinstance(value, Mapping):
        items = [f"{_js_key(key)}: {js_literal(item, indent + 2)}" for key, item in value.items()]
        return _broken("{ ", items, " }", indent, step=2) if items else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _broken("[", [js_literal(item, indent + 2) for item in value], "]", indent, step=2)
    return json.dumps(value, ensure_ascii=False)


def python_call(name: str, /, *arguments: Any, indent: int = 0, **named: Any) -> str:
    """Return a Python call; named arguments that are empty or False are left to their defaults."""
    items = [python_literal(argument, indent + 4) for argument in arguments]
    items += [f"{key}={python_literal(value, indent + 4)}" for key, value in named.items() if value]
    return _broken(f"{name}(", items, ")", indent, step=4)


def tuple_of(items: Sequence[str], indent: int = 0) -> str:
    """Return a Python tuple of expressions that are source text already."""
    if len(items) == 1 and "\n" not in items[0]:
        return f"({items[0]},)"
    return _broken("(", list(items), ")", indent, step=4)


def _js_key(key: str) -> str:
    # `__proto__: x` would set the prototype, so it is never written as a bare name
    return key if _JS_NAME.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _broken(start: str, items: list[str], end: str, indent: int, step: int) -> str:
    """The items on one line when they fit there, else one a line."""
    line = f"{start}{', '.join(items)}{end}"
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    margin = " " * (indent + step)
    body = "".join(f"{margin}{item},\n" for item in items)
    return f"{start.strip()}\n{body}{' ' * indent}{end.strip()}"


def in_docstring(text: str) -> str:
    """Return the text as it may stand in a Python docstring or comment."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable.replace("\\", "\\\\").replace('"""', "'''")


def in_markdown(text: str) -> str:
    """Return the text with the marks of Markdown taken literally."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~])", r"\\\1", " ".join(text.split()))


def csv_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as a CSV file with a header."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
