"""Tests that cannot start for want of something that is not installed, and those that fail for what is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.orchestra.verification.counts import Counts
from codecompanion.orchestra.verification.hindrances import lacking_module, lacking_program
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.workspace.view import Workspace

MakeProject = Callable[[dict[str, str]], Path]
NEEDS = {"requirements-dev.txt": "PyAbsent_Mod>=1\n"}
SENTENCE = (
    "the tests could not start: the module 'absent_mod' is not installed; "
    "install the project's test dependencies"
)
IMPORTS = "import absent_mod\ndef test_a(): pass\n"
COLLECTED = "collecting ... collected 0 items / 1 error\n"


def of_module(text: str, counts: Counts | None, files: dict[str, str]) -> str:
    return lacking_module(text, counts, sorted(files), files.__getitem__)


# --- programs ---


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("> test\n> c8 node x.js\n\nsh: 1: c8: not found\n", 127),
        ("/bin/sh: c8: not found\n", 127),
        ("sh: c8: command not found", 127),
        ("bash: line 1: c8: command not found", 127),
        ("zsh:1: command not found: c8", 127),
        ("sh: 1: node_modules/.bin/c8: not found", 127),
        ("sh: 1: c8: not found\nmake: *** [Makefile:2: test] Error 127\n", 2),
        ("make: c8: No such file or directory\nmake: *** [Makefile:2: test] Error 127\n", 2),
        ("'c8' is not recognized as an internal or external command,\noperable program or batch file.", 1),
    ],
)
def test_a_program_that_is_not_installed_is_named(text: str, code: int) -> None:
    said = lacking_program(text, code, ["package.json", "index.js"])
    assert said == (
        "the tests could not start: the program 'c8' is not installed; "
        "install the project's development dependencies (for example with: npm install)"
    )
    assert "npm" not in lacking_program(text, code, ["Makefile"])


@pytest.mark.parametrize(
    ("text", "code", "files"),
    [
        ("sh: 1: c8: not found\n", 1, []),
        ("sh: 1: ./check.sh: not found\n", 127, []),
        ("sh: 1: check: not found\n", 127, ["tools/check"]),
        ("page c8: not found", 127, []),
        ("", 127, []),
        ("make: data.txt: No such file or directory\n", 2, []),
    ],
    ids=["another end", "the project's by path", "the project's by name", "other words", "silence", "a file"],
)
def test_other_ends_of_a_command_are_failures(text: str, code: int, files: list[str]) -> None:
    assert lacking_program(text, code, files) == ""


@pytest.mark.needs("node")
async def test_npm_without_a_program_of_its_script_did_not_run(
    project: MakeProject, runner: ProjectTests
) -> None:
    package = {"scripts": {"test": "absent-program-x check.js"}}
    root = project({"package.json": json.dumps(package), "check.js": "process.exit(3)\n"})
    report = await runner.run(Workspace(root))
    assert (report.ran, report.failed, report.exit_code, report.failures) == (False, 0, 127, ())
    assert "'absent-program-x' is not installed" in report.output
    assert "npm install" in report.output
    assert report.command[-1] == "test"
    (root / "package.json").write_text(json.dumps({"scripts": {"test": "true; node check.js"}}))
    report = await runner.run(Workspace(root))
    assert (report.ran, report.failed, report.exit_code) == (True, 1, 3)


# --- modules ---


@pytest.mark.parametrize(
    "files",
    [
        {"conftest.py": "import absent_mod\n", "test_a.py": "def test_a(): pass\n"},
        {"conftest.py": "pytest_plugins = ['absent_mod.plugin']\n", "test_a.py": "def test_a(): pass\n"},
        {"pytest.ini": "[pytest]\naddopts = -p absent_mod\n", "test_a.py": "def test_a(): pass\n"},
        {"test_a.py": IMPORTS, "tests/test_b.py": "from absent_mod.sub import x\n" + IMPORTS},
        {"src/calc.py": "import absent_mod\n", "test_a.py": "import calc\ndef test_a(): pass\n"},
    ],
    ids=["conftest", "plugin of a conftest", "plugin of the settings", "every test file", "the tested code"],
)
async def test_pytest_without_a_module_the_project_needs_did_not_run(
    project: MakeProject, runner: ProjectTests, files: dict[str, str]
) -> None:
    report = await runner.run(Workspace(project(files | NEEDS)))
    assert (report.ran, report.passed, report.failed, report.failures) == (False, 0, 0, ())
    assert report.output == SENTENCE
    assert "pytest" in report.command


async def test_a_plugin_that_the_settings_require_is_named(project: MakeProject, runner: ProjectTests) -> None:
    files = {"pytest.ini": "[pytest]\nrequired_plugins = pytest-absent\n", "test_a.py": "def test_a(): pass\n"}
    report = await runner.run(Workspace(project(files)))
    assert not report.ran
    assert "the pytest plugin 'pytest-absent' is not installed" in report.output


@pytest.mark.parametrize(
    "files",
    [
        {"absent_mod/__init__.py": "import absent_mod.gone\n", "conftest.py": "import absent_mod\n"} | NEEDS,
        {"lib/absent_mod.py": "", "test_a.py": IMPORTS} | NEEDS,
        {"pyproject.toml": "[project]\nname = 'absent-mod'\nversion = '1'\n", "test_a.py": IMPORTS} | NEEDS,
        {"test_a.py": IMPORTS},
        {"test_a.py": IMPORTS, "test_c.py": "def test_c(): assert 0\n"} | NEEDS,
        {"test_a.py": IMPORTS, "test_c.py": "raise ValueError\n"} | NEEDS,
    ],
    ids=["its package", "its module", "its own name", "needed nowhere", "one of two files", "another error"],
)
async def test_a_module_missing_for_the_projects_own_fault_is_a_failure(
    project: MakeProject, runner: ProjectTests, files: dict[str, str]
) -> None:
    report = await runner.run(Workspace(project({"test_b.py": IMPORTS} | files)))
    assert (report.ran, report.green) == (True, False)
    assert report.failed >= 1


def test_several_missing_modules_are_named_together() -> None:
    failures = ("a: ModuleNotFoundError: No module named 'yaml.x'", "b: ImportError: No module named six")
    files = {"setup.py": "tests_require=['PyYAML', 'six']"}
    said = of_module(COLLECTED, Counts(0, 2, failures), files)
    assert "the modules 'six', 'yaml' are not installed" in said
    assert of_module(COLLECTED, Counts(0, 2, failures), {"setup.py": "yaml, asix1"}) == ""


def test_of_chained_errors_the_last_counts() -> None:
    text = (
        "ImportError while loading conftest 'conftest.py'.\nconftest.py:2: in <module>\n"
        "E   ModuleNotFoundError: No module named 'first'\n\nE   ValueError: bad\n"
    )
    files = {"tox.ini": "deps = first\n second"}
    assert of_module(text, None, files) == ""
    assert "'second'" in of_module(f"{text}\nE   ModuleNotFoundError: No module named 'second'\n", None, files)
    assert of_module("E   ModuleNotFoundError: No module named 'first'\n", None, files) == ""


# --- files that Git ignores ---


async def test_a_generated_module_that_git_ignores_is_there_for_the_tests(
    project: MakeProject, runner: ProjectTests
) -> None:
    root = project(
        {
            ".gitignore": "_version.py\n",
            "src/calc/__init__.py": "from calc._version import version\n",
            "src/calc/_version.py": "version = '1.2'\n",
            "tests/test_calc.py": "import calc\ndef test_version(): assert calc.version == '1.2'\n",
        }
    )
    view = Workspace(root)
    assert (await runner.run(view)).green
    assert "src/calc/_version.py" not in view.files()
    (root / "src/calc/_version.py").unlink()
    report = await runner.run(view)
    assert (report.ran, report.failed) == (True, 1)
