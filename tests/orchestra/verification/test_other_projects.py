"""JavaScript projects, projects of two languages, and projects with a command of their own; really run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.contracts.consent import ConsentGiven
from codecompanion.orchestra.verification.commands import cargo_command, go_command
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.toolchains import Program
from codecompanion.orchestra.workspace.view import Workspace

MakeProject = Callable[[dict[str, str]], Path]
ADD = "export const add = (a, b) => a + b;\n"
IMPORTS = (
    "import { test, describe, it } from 'node:test';\nimport assert from 'node:assert';\n"
    "import { add } from '../calc.mjs';\n"
)
GREEN = IMPORTS + "test('adds', () => assert.equal(add(1, 2), 3));\n"
RED = GREEN + (
    "describe('hard', () => {\n  it('is wrong', () => assert.equal(add(1, 2), 4));\n"
    "  it('waits', { skip: true }, () => {});\n});\n"
)
PYTHON = "import unittest\nclass TestA(unittest.TestCase):\n    def test_a(self): pass\n"


@pytest.mark.needs("node")
async def test_node_runs_test_files(project: MakeProject, runner: ProjectTests) -> None:
    root = project({"calc.mjs": ADD, "test/calc.test.mjs": GREEN})
    report = await runner.run(Workspace(root))
    assert report.green, report.output
    assert (report.passed, report.failed) == (1, 0)
    (root / "test/red.test.mjs").write_text(RED)
    report = await runner.run(Workspace(root))
    assert (report.passed, report.failed, report.exit_code) == (2, 1, 1)
    assert report.failures == ("is wrong: 3 == 4",)
    assert "file://" not in report.output
    assert (await runner.run(Workspace(root), only=["test/calc.test.mjs"])).green
    overlaid = await runner.run(Workspace(root, lambda: {"calc.mjs": "export const add = () => 4;\n"}))
    assert overlaid.failures == ("adds: 4 == 3", "adds: 4 == 3")


@pytest.mark.needs("node")
async def test_a_script_of_node_is_run_with_its_own_arguments(
    project: MakeProject, runner: ProjectTests
) -> None:
    package = json.dumps({"type": "module", "scripts": {"test": "node --test checks"}})
    files = {"package.json": package, "calc.mjs": ADD, "checks/a.test.js": GREEN, "other/b.test.mjs": RED}
    report = await runner.run(Workspace(project(files)))
    assert report.green, report.output
    assert report.command[-1] == "checks"


@pytest.mark.needs("node")
async def test_an_empty_or_broken_test_file_is_not_green(project: MakeProject, runner: ProjectTests) -> None:
    root = project({"a.test.js": "console.log('no test')\n"})
    report = await runner.run(Workspace(root))
    assert (report.ran, report.green, report.passed) == (True, False, 0)
    (root / "a.test.js").write_text("require('assert').equal(1, 1)\n")
    assert (await runner.run(Workspace(root))).green
    (root / "a.test.js").write_text("syntax error(\n")
    report = await runner.run(Workspace(root))
    assert (report.green, report.failed) == (False, 1)
    assert report.failures[0].startswith("a.test.js")
    assert "SyntaxError" in report.output


@pytest.mark.needs("node")
async def test_another_test_script_is_run_by_npm(project: MakeProject, runner: ProjectTests) -> None:
    package = {"scripts": {"test": "node check.js && echo '2 passing' && echo '1 failing' && exit 1"}}
    root = project({"package.json": json.dumps(package), "check.js": ""})
    report = await runner.run(Workspace(root))
    assert (report.passed, report.failed, report.exit_code) == (2, 1, 1), report.output
    assert report.command[-1] == "test"


@pytest.mark.needs("node")
async def test_installed_packages_are_usable_but_not_writable(
    project: MakeProject, runner: ProjectTests
) -> None:
    uses = (
        "const { test } = require('node:test'); const fs = require('node:fs');\n"
        "const assert = require('node:assert');\n"
        "test('uses', () => assert.equal(require('dep').value, 7));\n"
    )
    writes = (
        "test('writes', () => assert.throws(() => fs.writeFileSync('node_modules/dep/index.js', 'spoilt')));\n"
    )
    files = {
        "a.test.js": uses,
        ".gitignore": "node_modules\n",
        "node_modules/dep/index.js": "exports.value = 7\n",
    }
    root = project(files)
    assert (await runner.run(Workspace(root))).green
    if (await runner.rung()).value == "bubblewrap":
        (root / "a.test.js").write_text(uses + writes)
        assert (await runner.run(Workspace(root))).green
    assert (root / "node_modules/dep/index.js").read_text() == "exports.value = 7\n"


@pytest.mark.needs("node")
async def test_both_languages_count_together(project: MakeProject, runner: ProjectTests) -> None:
    files = {"calc.mjs": ADD, "test/a.test.mjs": RED, "tests/test_a.py": PYTHON}
    report = await runner.run(Workspace(project(files)))
    assert (report.passed, report.failed, report.exit_code) == (2, 1, 1)
    assert "&&" in report.command
    assert "Ran 1 test" in report.output
    assert "is wrong" in report.output
    only_python = await runner.run(Workspace(project({})), only=["tests/test_a.py"])
    assert only_python.green
    assert "&&" not in only_python.command


async def test_a_missing_program_is_named(
    project: MakeProject, runner: ProjectTests, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    root = project({"a.test.js": "x"})
    report = await runner.run(Workspace(root))
    assert (report.ran, report.green) == (False, False)
    assert report.output == (
        "the JavaScript tests need the program 'node', which is not installed or not on the PATH"
    )
    (root / "tests").mkdir()
    (root / "tests/test_a.py").write_text(PYTHON)
    report = await runner.run(Workspace(root))
    assert (report.ran, report.green, report.passed) == (True, False, 1)
    assert "'node'" in report.output


async def test_the_command_of_the_settings_is_run_without_a_shell(project: MakeProject, tmp_path: Path) -> None:
    script = "#!/bin/sh\nprintf '%s\\n' \"$@\"\necho '3 passed in 0.1s'\n[ ! -e fail ]\n"
    root = project({"check.sh": script})
    (root / "check.sh").chmod(0o755)
    consent = ConsentGiven()
    runner = ProjectTests(test_command=("./check.sh", "$HOME", "a b"), parent=tmp_path, consent=consent)
    report = await runner.run(Workspace(root))
    assert report.green
    assert report.output.startswith("$HOME\na b\n")
    (root / "fail").touch()
    report = await runner.run(Workspace(root))
    assert (report.green, report.failed, report.exit_code) == (False, 1, 1)
    await runner.close()
    for command, words in (
        (("./absent.sh",), "not in the workspace"),
        (("no-such-program",), "not on the PATH"),
    ):
        runner = ProjectTests(test_command=command, parent=tmp_path)
        report = await runner.run(Workspace(root))
        assert not report.ran
        assert words in report.output
        await runner.close()


async def test_a_makefile_is_run_where_nothing_else_tells_how(
    project: MakeProject, runner: ProjectTests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for make, which is not on every machine."""
    (tmp_path / "bin").mkdir()
    make = tmp_path / "bin/make"
    make.write_text("#!/bin/sh\necho made $1\n")
    make.chmod(0o755)
    monkeypatch.setenv("PATH", f"{make.parent}:/usr/bin:/bin")
    report = await runner.run(Workspace(project({"Makefile": "test:\n\ttrue\n"})))
    assert report.green
    assert report.output == "made test\n"
    assert report.command == (str(make), "test")


def test_rust_and_go_read_what_was_fetched_and_build_outside_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CARGO_HOME", "RUSTUP_HOME", "GOMODCACHE"):
        monkeypatch.delenv(name, raising=False)
    for name in (".cargo/bin", ".cargo/registry", ".rustup", "go/pkg/mod"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / ".cargo/credentials.toml").touch()
    program, cache = Program("/usr/bin/tool", (Path("/opt/tool"),)), tmp_path / "cache"
    cargo = cargo_command(program, cache, tmp_path)
    assert cargo.argv == ("/usr/bin/tool", "test", "--no-fail-fast")
    assert cargo.program.folders == (
        Path("/opt/tool"),
        *(tmp_path / name for name in (".cargo/bin", ".cargo/registry", ".rustup")),
    )
    assert cargo.variables["CARGO_TARGET_DIR"] == str(cache / "cargo")
    go = go_command(program, cache, tmp_path)
    assert go.argv == ("/usr/bin/tool", "test", "-v", "./...")
    assert go.program.folders == (Path("/opt/tool"), tmp_path / "go/pkg/mod")
    assert go.variables["GOPROXY"] == "off"


async def test_a_folder_that_cannot_be_copied_is_a_report(runner: ProjectTests, tmp_path: Path) -> None:
    report = await runner.run(Workspace(tmp_path / "absent"))
    assert not report.ran
    assert "could not be run" in report.output or "no tests were found" in report.output
