"""The command that a person would type for what was run, by the kind of suite."""

from pathlib import Path

import pytest

from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.verification import commands
from codecompanion.orchestra.verification.commands import Place
from codecompanion.orchestra.verification.detection import Suite, SuiteKind
from codecompanion.orchestra.verification.reports import merged
from codecompanion.orchestra.verification.toolchains import Program

PROGRAM = Program("/opt/tool/bin/tool")


def suite(*files: str, chosen: tuple[str, ...] = (), arguments: tuple[str, ...] = ()) -> Suite:
    return Suite(SuiteKind.UNITTEST, files, chosen, arguments)


@pytest.mark.parametrize(
    ("given", "typed"),
    [
        (suite("test_a.py", "tests.py"), "python -m unittest"),
        (suite("tests/test_a.py", "tests/test_b.py"), "python -m unittest discover -s tests"),
        (suite("a_test.py"), "python -m unittest a_test.py"),
        (suite("test_a.py", "sub/test_b.py"), "python -m unittest test_a.py sub/test_b.py"),
        (suite("test_a.py", "test_b.py", chosen=("test_b.py",)), "python -m unittest test_b.py"),
        (suite("my tests/test_a.py"), "python -m unittest discover -s 'my tests'"),
    ],
)
def test_unittest(given: Suite, typed: str, tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path, lambda path: "")
    command = commands.unittest_command(PROGRAM, given, place)
    assert command.typed == typed
    assert "unittest_child.py" in " ".join(command.argv)


def test_the_other_programs(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path, lambda path: "")
    chosen = suite("a.py", chosen=("-a.py", "b c.py"))
    assert commands.pytest_command(PROGRAM, suite("a.py"), place).typed == "python -m pytest"
    assert commands.pytest_command(PROGRAM, chosen, place).typed == "python -m pytest ./-a.py 'b c.py'"
    assert commands.node_command(PROGRAM, suite("a.test.js"), place).typed == "node --test"
    own = suite("a.test.js", arguments=("--test", "lib/"))
    assert commands.node_command(PROGRAM, own, place).typed == "node --test lib/"
    only = suite("a.test.js", chosen=("a.test.js",))
    assert commands.node_command(PROGRAM, only, place).typed == "node --test a.test.js"
    assert commands.npm_command(PROGRAM, suite()).typed == "npm test"
    assert commands.npm_command(PROGRAM, only).typed == "npm test -- a.test.js"
    assert commands.plain_command(PROGRAM, ("./run.sh", "a b")).typed == "./run.sh 'a b'"


def test_a_report_tells_it_and_several_are_joined() -> None:
    one = TestReport(command=("/opt/python", "child.py"), ran=True, typed="python -m unittest")
    other = TestReport(command=("/opt/node",), ran=True, typed="node --test")
    assert one.as_typed == "python -m unittest"
    assert merged([one, other]).as_typed == "python -m unittest && node --test"
    assert TestReport(command=("make", "test"), ran=True).as_typed == "make test"
