"""Which tests are run, as far as files of the project say so; pure."""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

_CHOOSING: Final = frozenset(
    {
        *("addopts", "testpaths", "python_files", "python_classes", "python_functions", "norecursedirs"),
        *("collect_imported_tests", "xfail_strict", "markers_strict", "strict", "doctest_optionflags"),
    }
)
_SECTIONS: Final = {
    "pytest.ini": ("pytest",),
    ".pytest.ini": ("pytest",),
    "tox.ini": ("pytest",),
    "setup.cfg": ("tool:pytest",),
}
_SCRIPTS: Final = ("pretest", "test", "posttest")
_PACKAGE_KEYS: Final = ("jest", "mocha", "vitest", "ava", "tap", "c8", "nyc")
_OF_A_TEST_PROGRAM = re.compile(
    r"(?:jest|vitest|karma|playwright|ava|cypress)\.(?:config|conf)\.\w+|\.mocharc(?:\.\w+)?|\.taprc|pytest\.toml"
)
_STAND_INS: Final = frozenset({"pytest", "_pytest", "unittest", "sitecustomize", "usercustomize"})
_MAKE_TEST = re.compile(r"^(?:\.PHONY\s*:.*\n)?(test\s*:(?!=).*(?:\n(?:\t.*|\s*))*)", re.MULTILINE)
Settings = Mapping[str, Any]


def changed_settings(path: str, before: str | None, after: str) -> list[str]:
    """Return which settings that choose tests a change would alter, each as a clause that names it."""
    name = PurePosixPath(path).name
    if _OF_A_TEST_PROGRAM.fullmatch(name):
        return [f"{name!r} says which tests are run; it would be changed"]
    if before is None and _is_a_stand_in(path):
        return [f"{path!r} would stand in for a program that runs the tests"]
    read = _reader(name)
    if read is None:
        return []
    then, now = read(before or ""), read(after)
    keys = sorted(key for key in {*then, *now} if then.get(key) != now.get(key))
    return [f"the setting {key!r}, which says what tests are run, would be changed" for key in keys]


def _is_a_stand_in(path: str) -> bool:
    parts = PurePosixPath(path.removeprefix("src/")).parts
    return path.endswith(".py") and PurePosixPath(parts[0]).stem in _STAND_INS


def _reader(name: str) -> Callable[[str], Settings] | None:
    if name in _SECTIONS:
        return lambda text: _of_ini(text, _SECTIONS[name])
    if name == "Makefile" or name.lower() == "gnumakefile" or name == "makefile":
        return lambda text: dict.fromkeys(["test"], "\n".join(_MAKE_TEST.findall(text)).strip())
    return {"pyproject.toml": _of_pyproject, "package.json": _of_package}.get(name)


def _of_ini(text: str, sections: tuple[str, ...]) -> Settings:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return _choosing({key: said for name in sections if name in parser for key, said in parser[name].items()})


def _of_pyproject(text: str) -> Settings:
    try:
        tool = tomllib.loads(text).get("tool", {}).get("pytest", {})
        return _choosing({**tool, **tool.get("ini_options", {})})
    except (ValueError, AttributeError, TypeError):
        return {}


def _choosing(settings: Settings) -> Settings:
    return {key: said for key, said in settings.items() if key in _CHOOSING}


def _of_package(text: str) -> Settings:
    try:
        package = json.loads(text)
        scripts = package.get("scripts", {})
        told = {f"scripts.{key}": scripts[key] for key in _SCRIPTS if key in scripts}
    except (ValueError, AttributeError, TypeError):
        return {}
    return told | {key: package[key] for key in _PACKAGE_KEYS if key in package}
