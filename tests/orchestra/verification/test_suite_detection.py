"""How a project is tested, read off its files."""

import json

import pytest

from codecompanion.orchestra.verification.detection import Suite, SuiteKind, choose_files, find_suites

UNITTEST = "import unittest\nclass TestA(unittest.TestCase):\n    def test_a(self): pass\n"


def suites_of(files: dict[str, str], own: tuple[str, ...] | None = None) -> list[Suite]:
    return find_suites(sorted(files), files.__getitem__, own)


def kinds_of(files: dict[str, str]) -> list[SuiteKind]:
    return [suite.kind for suite in suites_of(files)]


@pytest.mark.parametrize(
    "files",
    [
        {"tests/test_a.py": "import pytest\n"},
        {"tests/test_a.py": "from pytest import fixture\n"},
        {"test_a.py": "def test_a(): pass\n"},
        {"test_a.py": "async def test_a(): pass\n"},
        {"pkg/a_test.py": "class TestA:\n    def test_a(self): pass\n"},
        {"tests/test_a.py": UNITTEST, "tests/conftest.py": ""},
    ],
)
def test_tests_that_only_pytest_can_run_need_it(files: dict[str, str]) -> None:
    (suite,) = suites_of(files)
    assert suite.kind is SuiteKind.PYTEST
    assert suite.needs_pytest


@pytest.mark.parametrize(
    "settings",
    [
        {"pytest.ini": ""},
        {"pyproject.toml": "[tool.pytest.ini_options]\n"},
        {"pyproject.toml": '[project.optional-dependencies]\ntest = ["pytest>=8"]\n'},
        {"setup.cfg": "[tool:pytest]\n"},
        {"requirements-dev.txt": "pytest==8\n"},
        {"requirements/test.txt": "", "tox.ini": "deps = pytest"},
    ],
)
def test_pytest_is_used_where_the_project_names_it(settings: dict[str, str]) -> None:
    (suite,) = suites_of({"tests/test_a.py": UNITTEST, **settings})
    assert suite.kind is SuiteKind.PYTEST
    assert not suite.needs_pytest


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("tests/test_a.py", True),
        ("test/deep/test_a.py", True),
        ("test_a.py", True),
        ("tests.py", True),
        ("pkg/tests/test_a.py", True),
        ("pkg/test_a.py", True),
        ("src/pkg/test_a.py", True),
        ("scripts/test_connection.py", False),
        ("tests/helper.py", False),
    ],
)
def test_unittest_takes_what_its_discovery_would_reach(path: str, found: bool) -> None:
    files = {path: UNITTEST, "pkg/__init__.py": "", "src/pkg/__init__.py": "", "README.md": "no mention"}
    assert suites_of(files) == ([Suite(SuiteKind.UNITTEST, (path,))] if found else [])


def package(test: object) -> str:
    return json.dumps({"scripts": {"test": test}})


@pytest.mark.parametrize(
    ("files", "suite"),
    [
        ({"a.test.js": ""}, Suite(SuiteKind.NODE, ("a.test.js",))),
        (
            {"test/x.mjs": "", "test-a.cjs": "", "lib/a_test.js": "", "src/attest.js": ""},
            Suite(SuiteKind.NODE, ("lib/a_test.js", "test-a.cjs", "test/x.mjs")),
        ),
        (
            {"package.json": package('echo "Error: no test specified" && exit 1'), "a.spec.js": ""},
            Suite(SuiteKind.NODE, ("a.spec.js",)),
        ),
        ({"package.json": package("node --test")}, Suite(SuiteKind.NODE, arguments=("--test",))),
        (
            {"package.json": package("node --import tsx --test --test-reporter=dot t/a.ts")},
            Suite(SuiteKind.NODE, arguments=("--import", "tsx", "--test", "t/a.ts")),
        ),
        ({"package.json": package("jest --ci"), "a.test.js": ""}, Suite(SuiteKind.NPM, ("a.test.js",))),
        ({"package.json": package("node --test && eslint .")}, Suite(SuiteKind.NPM)),
        ({"package.json": package("node test.js")}, Suite(SuiteKind.NPM)),
    ],
)
def test_javascript_is_tested_by_node_or_its_own_script(files: dict[str, str], suite: Suite) -> None:
    assert suites_of(files) == [suite]


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"scripts": []}', package(7), "null"])
def test_a_broken_package_file_is_no_suite(broken: str) -> None:
    assert suites_of({"package.json": broken}) == []


def test_both_languages_are_tested() -> None:
    assert kinds_of({"tests/test_a.py": UNITTEST, "web/a.test.js": ""}) == [SuiteKind.UNITTEST, SuiteKind.NODE]


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        ({"Cargo.toml": "", "src/lib.rs": ""}, [SuiteKind.CARGO]),
        ({"go.mod": "", "a_test.go": ""}, [SuiteKind.GO]),
        ({"go.mod": "", "a.go": ""}, []),
        ({"Makefile": "all:\n\ntest: build\n\t./run\n"}, [SuiteKind.MAKE]),
        ({"Makefile": "test := 1\n.PHONY: test\n"}, []),
        ({"Makefile": "test:\n", "tests/test_a.py": UNITTEST}, [SuiteKind.UNITTEST]),
        ({}, []),
        ({"README.md": ""}, []),
    ],
)
def test_other_projects_are_tested_where_it_is_clear_how(files: dict[str, str], kinds: list[SuiteKind]) -> None:
    assert kinds_of(files) == kinds


def test_the_projects_own_command_replaces_all() -> None:
    own = ("./check", "--all")
    assert suites_of({"tests/test_a.py": UNITTEST}, own) == [Suite(SuiteKind.OWN, arguments=own)]


def test_named_files_are_chosen_in_the_suite_they_belong_to() -> None:
    python, node = (
        Suite(SuiteKind.UNITTEST, ("tests/test_a.py", "tests/test_b.py")),
        Suite(SuiteKind.NODE, ("a.test.js",)),
    )
    assert choose_files([python, node], []) == [python, node]
    (chosen,) = choose_files([python, node], ["tests/test_b.py"])
    assert chosen.chosen == ("tests/test_b.py",)
    assert [suite.chosen for suite in choose_files([python, node], ["checks.py", "b.mjs"])] == [
        ("checks.py",),
        ("b.mjs",),
    ]
    assert choose_files([python], ["README.md"]) == []
    whole = Suite(SuiteKind.MAKE)
    assert choose_files([whole], ["tests/test_a.py"]) == [whole]
