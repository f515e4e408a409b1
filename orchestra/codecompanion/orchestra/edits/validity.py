"""Whether a text is well-formed for its file type, without running any of it."""

import json
import re
import symtable
import sys
import tomllib
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from threading import Lock

from codecompanion.orchestra.edits.lines import BOM
from codecompanion.orchestra.edits.markup_validity import PAGES, page_fault
from codecompanion.orchestra.edits.script_validity import SCRIPTS, script_fault
from codecompanion.orchestra.edits.style_validity import STYLES, style_fault

_MOST_CHARACTERS = 1_000_000
# the compiler's last pass is quadratic in equal functions: beyond this only grammar and scopes are checked
_MOST_COMPILED = 200_000
# tomllib needs memory quadratic in the parts of a dotted key
_VERY_DOTTED_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){200}")
# `warnings.catch_warnings` is not thread-safe
_COMPILING = Lock()
# one parser a language, used by one thread at a time
_PARSING = Lock()
_JSON = frozenset({".json", ".ipynb", ".webmanifest"})
_TOO_DEEP = "nested too deeply to be checked or used"


def check_syntax(path: str, text: str) -> str | None:
    """Return one sentence, with the line, about what makes the text invalid for its type, else None.

    Checks Python (by this interpreter's grammar), JavaScript, TypeScript, JSON, TOML, YAML, HTML and CSS; other
    types, JSON files that are known to hold comments, templates, and texts over a million characters pass
    unchecked. Usual files take
    milliseconds, the largest about a second: call it off the loop when that matters. Never raises, runs
    nothing.
    """
    check = _check_for(PurePosixPath(path))
    if check is None or len(text) > _MOST_CHARACTERS:
        return None
    try:
        return check(text.removeprefix(BOM))
    except (RecursionError, MemoryError):
        return _TOO_DEEP


def new_fault(path: str, before: str | None, after: str) -> str | None:
    """Return what makes the new text invalid, None also where the old one was invalid already."""
    fault = check_syntax(path, after)
    if fault is None or (before is not None and before.strip() and check_syntax(path, before) is not None):
        return None
    return fault


def _check_for(path: PurePosixPath) -> Callable[[str], str | None] | None:
    suffix = path.suffix.lower()
    if suffix in SCRIPTS:
        return partial(_script_fault, suffix)
    if suffix in _JSON:
        return None if _may_hold_comments(path) else _json_fault
    return _CHECKS.get(suffix)


def _may_hold_comments(path: PurePosixPath) -> bool:
    """Tools read these names as JSON with comments."""
    name = path.name.lower()
    return (
        ".vscode" in path.parts
        or name.startswith(("tsconfig", "jsconfig", ".eslintrc", "devcontainer", "api-extractor"))
        or name in {"language-configuration.json", "tslint.json", "deno.json", "biome.json"}
    )


def _python_fault(text: str) -> str | None:
    try:
        with _COMPILING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if len(text) <= _MOST_COMPILED:
                compile(text, "<answer>", "exec", dont_inherit=True)
            else:
                symtable.symtable(text, "<answer>", "exec")
    except SyntaxError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return _at(error.lineno, f"not valid Python {version}: {error.msg}")
    except ValueError as error:
        return f"not valid Python: {error}"
    return None


def _script_fault(suffix: str, text: str) -> str | None:
    with _PARSING:
        fault = script_fault(suffix, text)
    return _at(*fault) if fault else None


def _page_fault(text: str) -> str | None:
    fault = page_fault(text)
    return _at(*fault) if fault else None


def _style_fault(text: str) -> str | None:
    fault = style_fault(text)
    return _at(*fault) if fault else None


def _json_fault(text: str) -> str | None:
    try:
        # numbers stay text: Python refuses to convert very long ones, JSON allows them
        json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        return _at(error.lineno, f"not valid JSON: {error.msg}")
    return None


def _toml_fault(text: str) -> str | None:
    if _VERY_DOTTED_KEY.search(text):
        return _TOO_DEEP
    try:
        tomllib.loads(text, parse_float=str)
    except ValueError as error:
        return f"not valid TOML: {error}"
    return None


_CHECKS = {
    ".py": _python_fault,
    ".pyi": _python_fault,
    ".toml": _toml_fault,
    **dict.fromkeys(PAGES, _page_fault),
    **dict.fromkeys(STYLES, _style_fault),
}


def _at(line: int | None, fault: str) -> str:
    return f"line {line}: {fault}" if line else fault
