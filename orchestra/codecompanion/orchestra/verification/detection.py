"""How a project is tested, read off its files; pure.

A project may have several suites. Each names the test files it was found by, as relative POSIX paths.
"""

import json
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

Read = Callable[[str], str]

_PYTEST_FILES = re.compile(r"test_.*\.py|.*_test\.py")
_UNITTEST_FILES = re.compile(r"tests?\.py|test_.*\.py|.*_test\.py")
_NODE_FILES = re.compile(r"(?:.*/)?(?:test/.+|tests?|test[-_].+|.+[-._](?:test|spec))\.[cm]?js")
_IMPORTS_PYTEST = re.compile(r"^\s*(?:import|from)\s+(?:pytest|_pytest|hypothesis)\b", re.MULTILINE)
_BARE_TESTS = re.compile(
    r"^(?:(?:async\s+)?def\s+test\w*\s*\(|class\s+Test\w*\s*(?:\(\s*(?:object)?\s*\))?\s*:)", re.MULTILINE
)
_PYTEST_SETTINGS = ("pytest.ini", ".pytest.ini", "pytest.toml", "conftest.py")
_MENTIONS = re.compile(r"(?:pyproject\.toml|setup\.(?:cfg|py)|tox\.ini|Pipfile|requirements[^/]*\.(?:txt|in))")
_MAKE_TEST = re.compile(r"^test\s*:(?!=)", re.MULTILINE)
_SHELL_SIGNS: Final = frozenset("|&;<>()$`\\\n*?[]{}~")
# looking into the first of very many test files tells enough
_MOST_READ = 300


class SuiteKind(StrEnum):
    """The program that runs a suite."""

    PYTEST = "pytest"
    UNITTEST = "unittest"
    NODE = "node"
    NPM = "npm"
    CARGO = "cargo"
    GO = "go"
    MAKE = "make"
    OWN = "own command"


@dataclass(frozen=True, slots=True)
class Suite:
    """One way the project is tested.

    ``files`` are its test files; ``chosen`` those to run, empty for all. ``arguments`` are the project's own
    for the program. ``needs_pytest`` is set when unittest could not run these tests.
    """

    kind: SuiteKind
    files: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    needs_pytest: bool = False


def find_suites(files: Sequence[str], read: Read, own_command: tuple[str, ...] | None = None) -> list[Suite]:
    """Return the project's suites: its own command alone if one is set, else what its files tell."""
    if own_command:
        return [Suite(SuiteKind.OWN, arguments=own_command)]
    suites = [suite for suite in (_python_suite(files, read), _javascript_suite(files, read)) if suite]
    return suites or _other_suites(frozenset(files), read)


def choose_files(suites: Sequence[Suite], only: Sequence[str]) -> list[Suite]:
    """Return the suites restricted to the files in ``only``; suites that cannot be restricted run whole."""
    if not only:
        return list(suites)
    chosen: list[Suite] = []
    for suite in suites:
        wanted = tuple(path for path in only if _belongs(path, suite))
        if wanted:
            chosen.append(replace(suite, chosen=wanted))
        elif not suite.files:
            chosen.append(suite)
    return chosen


def _belongs(path: str, suite: Suite) -> bool:
    if path in suite.files:
        return True
    suffixes = {
        SuiteKind.PYTEST: (".py",),
        SuiteKind.UNITTEST: (".py",),
        SuiteKind.NODE: (".js", ".mjs", ".cjs"),
        SuiteKind.NPM: (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"),
    }
    return path.endswith(suffixes.get(suite.kind, ("\0",)))


def _python_suite(files: Sequence[str], read: Read) -> Suite | None:
    tests = tuple(path for path in files if _PYTEST_FILES.fullmatch(_name(path)))
    texts = [read(path) for path in tests[:_MOST_READ]]
    has_fixtures = any(_name(path) == "conftest.py" for path in files)
    needed = has_fixtures or any(_IMPORTS_PYTEST.search(text) or _BARE_TESTS.search(text) for text in texts)
    if tests and (needed or _mentions_pytest(files, read)):
        return Suite(SuiteKind.PYTEST, tests, needs_pytest=needed)
    tests = tuple(path for path in files if _unittest_finds(path, frozenset(files)))
    return Suite(SuiteKind.UNITTEST, tests) if tests else None


def _mentions_pytest(files: Sequence[str], read: Read) -> bool:
    if any(path in _PYTEST_SETTINGS for path in files):
        return True
    told = [path for path in files if path.count("/") <= 1 and _MENTIONS.fullmatch(_name(path))]
    return any(re.search(r"\bpytest\b", read(path)) for path in told)


def _unittest_finds(path: str, files: frozenset[str]) -> bool:
    """Whether unittest's discovery would reach the file: at the top, in a test folder, or inside packages."""
    if not _UNITTEST_FILES.fullmatch(_name(path)):
        return False
    folders = [str(folder) for folder in PurePosixPath(path).parents][:-1]
    if any(_name(folder) in ("test", "tests") for folder in folders):
        return True
    return all(f"{folder}/__init__.py" in files or folder == "src" for folder in folders)


def _javascript_suite(files: Sequence[str], read: Read) -> Suite | None:
    tests = tuple(path for path in files if _NODE_FILES.fullmatch(path))
    script = _test_script(read("package.json")) if "package.json" in files else ""
    if not script:
        return Suite(SuiteKind.NODE, tests) if tests else None
    words = [] if _SHELL_SIGNS.intersection(script) else shlex.split(script)
    if words[:1] == ["node"] and "--test" in words:
        return Suite(SuiteKind.NODE, tests, arguments=tuple(_without_reporters(words[1:])))
    return Suite(SuiteKind.NPM, tests)


def _test_script(package: str) -> str:
    try:
        script = json.loads(package)["scripts"]["test"]
    except (ValueError, KeyError, TypeError):
        return ""
    # what a fresh package is given says only that there is none
    return script if isinstance(script, str) and "no test specified" not in script else ""


def _without_reporters(words: list[str]) -> list[str]:
    return [word for word in words if not word.startswith("--test-reporter")]


def _other_suites(files: frozenset[str], read: Read) -> list[Suite]:
    if "Cargo.toml" in files:
        return [Suite(SuiteKind.CARGO)]
    if "go.mod" in files and any(path.endswith("_test.go") for path in files):
        return [Suite(SuiteKind.GO)]
    if any(name in files and _MAKE_TEST.search(read(name)) for name in ("Makefile", "makefile", "GNUmakefile")):
        return [Suite(SuiteKind.MAKE)]
    return []


def _name(path: str) -> str:
    return path.rpartition("/")[2]
