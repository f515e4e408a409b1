"""The commands that run each kind of suite, and how to read what they leave behind."""

import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.verification import unittest_child
from codecompanion.orchestra.verification.counts import (
    Counts,
    counts_in_junit,
    counts_in_tap,
    counts_in_unittest_report,
)
from codecompanion.orchestra.verification.detection import Suite
from codecompanion.orchestra.verification.hindrances import lacking_module, lacking_program
from codecompanion.orchestra.verification.process import Ended
from codecompanion.orchestra.verification.summaries import counts_in_summary
from codecompanion.orchestra.verification.toolchains import Program
from codecompanion.orchestra.workspace.safe_files import read_file

BIGGEST_REPORT: Final = 20_000_000
_CHILD = "unittest_child.py"
# what unittest's discovery takes for a test file unless it is told otherwise
_DISCOVERED = re.compile(r"(?:^|/)test[^/]*\.py$")
# the interpreter's own words and nothing else: a test may print them too
_LACKS_PYTEST = re.compile(rb"[^\n]*: No module named '?pytest'?\s*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command runs, as it sees it: the ``workspace``'s copy and the ``scratch`` folder beside it.

    ``read`` gives the text of a file of the copy, ``files`` the relative paths of the project's files.
    """

    workspace: Path
    scratch: Path
    read: Callable[[str], str]
    files: Callable[[], Sequence[str]] = tuple

    def report(self, name: str) -> bytes:
        """Return a report from ``scratch``, empty if there is none: tests may have put anything there."""
        try:
            return read_file(self.scratch, name, BIGGEST_REPORT)
        except WorkspaceError:
            return b""


@dataclass(frozen=True, slots=True)
class TestCommand:
    """One way to run a suite; ``typed`` is what a person would type for it in the workspace.

    ``count`` gives None when the command left no account of its tests; one that ``reports`` has then broken
    off, another is known by its exit code alone. ``unavailable`` says after a run that the program lacks what
    it takes, so that another way should be tried. ``hindered`` says after a run, from its exit code, what it
    printed and its account, what else kept the tests from starting that no change of theirs can mend; empty if
    nothing did.
    """

    # pytest must not collect this class for its name
    __test__ = False

    argv: tuple[str, ...]
    program: Program
    count: Callable[[str, Place], Counts | None]
    typed: str
    reports: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)
    unavailable: Callable[[Ended], bool] = lambda ended: False
    hindered: Callable[[Ended, str, Counts | None, Place], str] = lambda ended, text, counts, place: ""


def pytest_command(python: Program, suite: Suite, place: Place) -> TestCommand:
    """Return pytest on the whole project, or on the chosen files, with a report in XML."""
    report = "pytest.xml"
    return TestCommand(
        argv=(
            *(python.path, "-m", "pytest", "-v", "--tb=short", "--color=no"),
            *(f"--junit-xml={place.scratch / report}", "-o", "junit_family=xunit1"),
            *map(_as_argument, suite.chosen),
        ),
        program=python,
        variables=_python_variables(place),
        count=lambda text, place: counts_in_junit(place.report(report)),
        typed=_typed("python -m pytest", tuple(map(_as_argument, suite.chosen))),
        unavailable=lambda ended: ended.exit_code == 1 and bool(_LACKS_PYTEST.fullmatch(ended.output)),
        hindered=lambda ended, text, counts, place: lacking_module(text, counts, place.files(), place.read),
    )


def unittest_command(python: Program, suite: Suite, place: Place) -> TestCommand:
    """Return unittest on the suite's files, by a runner that keeps count."""
    report = "unittest.json"
    source = Path(unittest_child.__file__).read_bytes()
    (place.scratch / _CHILD).write_bytes(source)
    return TestCommand(
        argv=(
            *(python.path, str(place.scratch / _CHILD), str(place.scratch / report), str(place.workspace)),
            *(suite.chosen or suite.files),
        ),
        program=python,
        variables=_python_variables(place),
        count=lambda text, place: counts_in_unittest_report(place.report(report)),
        typed=_typed_unittest(suite),
    )


def node_command(node: Program, suite: Suite, place: Place) -> TestCommand:
    """Return node's own runner on the project's arguments or the suite's files, with a report in TAP."""
    report = "node.tap"
    arguments = tuple(word for word in suite.arguments if word != "--test")
    if suite.chosen:
        arguments = (*(word for word in arguments if word.startswith("-")), *map(_as_argument, suite.chosen))
    elif not suite.arguments:
        arguments = tuple(map(_as_argument, suite.files))
    return TestCommand(
        argv=(
            *(node.path, "--test", "--test-reporter=spec", "--test-reporter-destination=stdout"),
            *("--test-reporter=tap", f"--test-reporter-destination={place.scratch / report}"),
            *arguments,
        ),
        program=node,
        count=lambda text, place: counts_in_tap(
            place.report(report).decode("utf-8", "replace"), lambda name: _tests_anything(name, place)
        ),
        typed=_typed("node --test", arguments if suite.arguments or suite.chosen else ()),
    )


def npm_command(npm: Program, suite: Suite) -> TestCommand:
    """Return the package's own test script."""
    chosen = ("--", *map(_as_argument, suite.chosen)) if suite.chosen else ()
    return TestCommand(
        (npm.path, "test", *chosen),
        npm,
        count=_summary,
        typed=_typed("npm test", chosen),
        reports=False,
        hindered=_lacks_program,
    )


def cargo_command(cargo: Program, cache: Path, home: Path) -> TestCommand:
    """Return ``cargo test``, built in ``cache``, with the crates already fetched to the user's ``home``."""
    cargo_home = Path(os.environ.get("CARGO_HOME", home / ".cargo"))
    rustup_home = Path(os.environ.get("RUSTUP_HOME", home / ".rustup"))
    # not all of the folder: it may hold the key to a registry
    needed = (*(cargo_home / name for name in ("bin", "registry", "git")), rustup_home)
    folders = (*cargo.folders, *(folder for folder in needed if folder.is_dir()))
    return TestCommand(
        (cargo.path, "test", "--no-fail-fast"),
        Program(cargo.path, tuple(dict.fromkeys(folders))),
        variables={
            "CARGO_HOME": str(cargo_home),
            "RUSTUP_HOME": str(rustup_home),
            "CARGO_TARGET_DIR": str(cache / "cargo"),
            "CARGO_NET_OFFLINE": "true",
        },
        count=_summary,
        typed="cargo test",
        reports=False,
    )


def go_command(go: Program, cache: Path, home: Path) -> TestCommand:
    """Return ``go test`` on all packages, with the modules already fetched to the user's ``home``."""
    modules = Path(os.environ.get("GOMODCACHE", home / "go" / "pkg" / "mod"))
    folders = (*go.folders, modules) if modules.is_dir() else go.folders
    return TestCommand(
        (go.path, "test", "-v", "./..."),
        Program(go.path, folders),
        variables={"GOCACHE": str(cache / "go"), "GOPROXY": "off", "GOMODCACHE": str(modules)},
        count=_summary,
        typed="go test ./...",
        reports=False,
    )


def plain_command(program: Program, words: Sequence[str]) -> TestCommand:
    """Return a command that is only known to end with 0 when all is well; the first word names ``program``."""
    return TestCommand(
        (program.path, *words[1:]),
        program,
        count=_summary,
        typed=shlex.join(words),
        reports=False,
        hindered=_lacks_program,
    )


def _summary(text: str, place: Place) -> Counts | None:
    return counts_in_summary(text)


def _lacks_program(ended: Ended, text: str, counts: Counts | None, place: Place) -> str:
    return "" if counts else lacking_program(text, ended.exit_code, place.files())


def _typed(command: str, arguments: Sequence[str]) -> str:
    return f"{command} {shlex.join(arguments)}".rstrip()


def _typed_unittest(suite: Suite) -> str:
    """Return how unittest's own command line runs the suite: by discovery where that finds all its files."""
    folders = {path.rpartition("/")[0] for path in suite.files}
    if suite.chosen or len(folders) > 1 or not all(_DISCOVERED.search(path) for path in suite.files):
        return _typed("python -m unittest", tuple(map(_as_argument, suite.chosen or suite.files)))
    folder = "".join(folders)
    return _typed("python -m unittest discover -s", [folder]) if folder else "python -m unittest"


def _as_argument(path: str) -> str:
    """Return the path as no program takes it for an option."""
    return f"./{path}" if path.startswith("-") else path


def _python_variables(place: Place) -> dict[str, str]:
    """Let a project that is not installed import its own packages, from ``src`` as from the top."""
    return {"PYTHONPATH": os.pathsep.join((str(place.workspace / "src"), str(place.workspace)))}


def _tests_anything(name: str, place: Place) -> bool:
    """Whether a test point of node's is a test, or a script that checks something, not an empty file."""
    path = name.removeprefix(f"{place.workspace}/")
    if not path.endswith((".js", ".mjs", ".cjs")):
        return True
    text = place.read(path)
    return not text or any(word in text for word in ("assert", "expect", "throw", "exit"))
