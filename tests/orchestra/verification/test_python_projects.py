"""Python projects' tests, really run."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.contracts import ports
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.view import Workspace

MakeProject = Callable[[dict[str, str]], Path]
ADD = "def add(a, b):\n    return a + b\n"
CASE = "import unittest\nfrom calc import add\nclass TestAdd(unittest.TestCase):\n"
GREEN = CASE + "    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n"
RED = CASE + "    def test_adds(self):\n        self.assertEqual(add(1, 2), 4)\n"


def test_it_is_a_test_runner() -> None:
    runner: ports.TestRunner = ProjectTests()
    assert runner


@pytest.mark.parametrize(
    "files",
    [
        {"calc.py": ADD, "tests/test_calc.py": GREEN},
        {"calc.py": ADD, "tests/__init__.py": "", "tests/test_calc.py": GREEN},
        {"calc.py": ADD, "test_calc.py": GREEN},
        {"src/calc.py": ADD, "tests/test_calc.py": GREEN},
        {"src/calc/__init__.py": ADD, "tests/unit/test_calc.py": GREEN, "tests/api/test_calc.py": GREEN},
        {
            "app/__init__.py": "",
            "app/calc.py": ADD,
            "app/tests/__init__.py": "",
            "app/tests/test_calc.py": GREEN.replace("from calc", "from ..calc"),
        },
    ],
    ids=["tests folder", "tests package", "at the top", "src", "same names", "inside the package"],
)
async def test_unittest_runs_every_usual_layout(
    project: MakeProject, runner: ProjectTests, files: dict[str, str]
) -> None:
    report = await runner.run(Workspace(project(files)))
    assert report.green, report.output
    assert report.passed == sum(path.rpartition("/")[2].startswith("test_") for path in files)
    assert report.failures == ()
    assert report.seconds > 0
    assert "OK" in report.output


async def test_a_red_unittest_run_names_what_failed_and_why(project: MakeProject, runner: ProjectTests) -> None:
    more = (
        "    def test_errs(self):\n        raise RuntimeError('boom')\n"
        "    @unittest.skip('later')\n    def test_skipped(self): pass\n"
        "    @unittest.expectedFailure\n    def test_known(self): self.fail()\n"
        "    def test_parts(self):\n"
        "        for n in range(3):\n            with self.subTest(n=n): self.assertNotEqual(n, 1)\n"
    )
    files = {"calc.py": ADD, "tests/test_calc.py": RED + more, "tests/test_broken.py": "import absent_module\n"}
    report = await runner.run(Workspace(project(files)))
    assert (report.ran, report.green, report.exit_code) == (True, False, 1)
    assert (report.passed, report.failed) == (1, 4)
    assert sorted(report.failures) == [
        "test_calc.TestAdd.test_adds: AssertionError: 3 != 4",
        "test_calc.TestAdd.test_errs: RuntimeError: boom",
        "test_calc.TestAdd.test_parts (n=1): AssertionError: 1 == 1",
        "tests/test_broken.py: ModuleNotFoundError: No module named 'absent_module'",
    ]
    assert 'File "tests/test_calc.py", line' in report.output


async def test_pytest_counts_and_names_as_pytest_does(project: MakeProject, runner: ProjectTests) -> None:
    tests = (
        "import pytest\nfrom calc import add\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_adds(n): assert add(n, 1) == 2\n"
        "class TestX:\n    def test_errs(self): raise RuntimeError('boom')\n"
        "@pytest.fixture\ndef broken(): raise ValueError('no set-up')\n"
        "def test_uses(broken): pass\n"
        "def test_skipped(): pytest.skip('later')\n"
    )
    root = project({"src/calc.py": ADD, "tests/test_calc.py": tests, "tests/test_bad.py": "def test_(: pass\n"})
    report = await runner.run(Workspace(root), only=["tests/test_calc.py"])
    assert (report.ran, report.green, report.exit_code) == (True, False, 1)
    assert (report.passed, report.failed) == (1, 3), report.output
    assert report.failures[0].startswith("tests/test_calc.py::test_adds[2]: assert 3 == 2")
    assert report.failures[1] == "tests/test_calc.py::TestX::test_errs: RuntimeError: boom"
    assert report.failures[2].startswith("tests/test_calc.py::test_uses: ")
    assert "-m" in report.command
    assert "/temp/" not in " ".join((*report.command, report.output))


async def test_what_is_tested_is_what_the_user_sees(
    project: MakeProject, runner: ProjectTests, fingerprint: Callable[[Path], dict[str, str]]
) -> None:
    """Unsaved buffers and pending edits over the disk; and whatever tests do, the workspace stays as it was."""
    vandal = GREEN + (
        "    def test_spoils(self):\n"
        "        from pathlib import Path\n"
        "        for path in list(Path().rglob('*.py')) + [Path('new.txt'), Path('tests/new.txt')]:\n"
        "            path.write_text('spoilt')\n"
    )
    root = project({"calc.py": "def add(a, b): return a - b\n", "tests/test_calc.py": vandal, "data.txt": "x"})
    before = fingerprint(root)
    assert not (await runner.run(Workspace(root))).green
    view = Workspace(root, lambda: {"calc.py": ADD})
    assert (await runner.run(view)).green
    view.note_pending("calc.py", "def add(a, b): return 4\n")
    view.note_pending("tests/test_more.py", RED.replace("add(1, 2)", "add(0, 0)"))
    report = await runner.run(view)
    assert (report.passed, report.failed) == (2, 1)
    assert (await runner.run(view, only=["tests/test_more.py"])).green
    assert fingerprint(root) == before


@pytest.mark.parametrize(
    ("files", "only", "words"),
    [
        ({}, (), "no tests were found"),
        ({"a.py": "", "README.md": ""}, (), "no tests were found"),
        ({"tests/test_a.py": GREEN}, ("tests/test_b.py",), "no test file of this name"),
        ({"tests/test_a.py": GREEN}, ("../x.py",), "leads out"),
        ({"tests/test_a.py": GREEN, "README.md": ""}, ("README.md",), "no test file of this name"),
    ],
)
async def test_nothing_to_run_is_said_in_a_sentence(
    project: MakeProject, runner: ProjectTests, files: dict[str, str], only: tuple[str, ...], words: str
) -> None:
    project({"x/y": ""})
    report = await runner.run(Workspace(project(files)), only=only)
    assert (report.ran, report.green, report.exit_code) == (False, False, None)
    assert words in report.output


async def test_no_test_in_a_test_file_is_not_green(project: MakeProject, runner: ProjectTests) -> None:
    report = await runner.run(Workspace(project({"tests/test_a.py": "x = 1\n"})))
    assert report.ran
    assert not report.green
    assert report.passed == 0
    assert "no test was run" in report.failures[-1]


async def test_output_is_bounded_and_plain(project: MakeProject, runner: ProjectTests) -> None:
    noisy = GREEN + (
        "    def test_noise(self):\n"
        "        print('\\x1b[31mred\\x1b[0m\\x1b]0;title\\x07 \\u202eevil')\n"
        "        for n in range(40_000): print('line', n, 'x' * 20)\n"
        "        print('\\x1b[32mthe end\\x1b[0m')\n"
    )
    report = await runner.run(Workspace(project({"calc.py": ADD, "tests/test_a.py": noisy})))
    assert report.green
    assert report.passed == 2
    assert len(report.output.encode()) <= 16_000
    assert report.output.startswith("…")
    assert "\nthe end\n" in report.output
    assert "\x1b" not in report.output


async def test_a_test_that_hangs_is_stopped_and_named_in_the_output(
    project: MakeProject, tmp_path: Path
) -> None:
    hanging = GREEN + "    def test_hangs(self):\n        import time; time.sleep(99)\n"
    runner = ProjectTests(parent=tmp_path, seconds=1.5)
    report = await runner.run(Workspace(project({"calc.py": ADD, "tests/test_a.py": hanging})))
    await runner.close()
    assert (report.ran, report.green, report.exit_code, report.failed) == (True, False, None, 1)
    assert report.failures == ("the tests were stopped: the command did not finish within 1.5 seconds",)
    assert "test_hangs" in report.output
    assert report.seconds < 3


async def test_a_crash_of_the_interpreter_is_red(project: MakeProject, runner: ProjectTests) -> None:
    dying = GREEN + "    def test_dies(self):\n        import os; os._exit(0)\n"
    report = await runner.run(Workspace(project({"calc.py": ADD, "tests/test_a.py": dying})))
    assert not report.green
    assert "broke off with exit code 0" in report.failures[0]


@pytest.mark.parametrize("confined", [True, False])
async def test_cancelling_leaves_no_process_and_the_next_run_works(
    project: MakeProject, tmp_path: Path, confined: bool
) -> None:
    spawning = GREEN + (
        "    def test_spawns(self):\n"
        "        import os, subprocess, sys, time\n"
        "        if os.path.exists('wait'):\n"
        "            sleep = [sys.executable, '-c', 'import time; time.sleep(99)']\n"
        "            subprocess.Popen(sleep, start_new_session=True)\n"
        "            print('spawned', flush=True)\n"
        "            time.sleep(99)\n"
    )
    buffers = {"wait": ""}
    runner = ProjectTests(parent=tmp_path, sandbox=None if confined else ProcessLimitsOnly())
    root = project({"calc.py": ADD, "tests/test_a.py": spawning})
    view = Workspace(root, lambda: buffers)
    running = asyncio.create_task(runner.run(view))
    await _until(lambda: _sleepers(tmp_path) >= 2)
    started = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - started <= 1.0
    await _until(lambda: _sleepers(tmp_path) == 0, 0.3)
    buffers.clear()
    assert (await runner.run(view)).green
    await runner.close()


def _sleepers(temp: Path) -> int:
    """Count the processes whose home is in this test's own temporary folder."""
    count = 0
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            count += f"HOME={temp}/".encode() in environ.read_bytes()
        except OSError:
            continue
    return count


async def _until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_the_projects_own_environment_is_used_and_its_editable_install_leads_into_the_copy(
    project: MakeProject, runner: ProjectTests
) -> None:
    asks = (
        "import sys, unittest\nimport calc, helper\n"
        "class TestWhere(unittest.TestCase):\n"
        "    def test_where(self):\n"
        "        print('PYTHON', sys.prefix)\n"
        "        self.assertEqual((calc.add(1, 2), helper.VALUE), (3, 1))\n"
    )
    root = project({"lib/calc.py": "wrong", "tests/test_where.py": asks, ".gitignore": ".venv\n"})
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    (packages,) = (root / ".venv").glob("lib/python*/site-packages")
    (packages / "helper.py").write_text("VALUE = 1\n")
    (packages / "editable.pth").write_text(f"{root}/lib\n")
    report = await runner.run(Workspace(root, lambda: {"lib/calc.py": ADD}))
    assert report.command[0] == ".venv/bin/python"
    assert "PYTHON .venv" in report.output
    if (await runner.rung()).value == "bubblewrap":
        assert report.green, report.output


async def test_a_missing_pytest_is_said_with_the_mend(project: MakeProject, runner: ProjectTests) -> None:
    root = project({"test_a.py": "def test_a(): pass\n"})
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    report = await runner.run(Workspace(root))
    assert not report.ran
    assert report.output.endswith("/.venv/bin/python -m pip install pytest")
    (root / "pytest.ini").touch()
    (root / "test_a.py").write_text(GREEN.replace("from calc import add", "add = int.__add__"))
    assert (await runner.run(Workspace(root))).green


async def test_no_secret_of_the_user_reaches_a_test(
    project: MakeProject, runner: ProjectTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries = {
        f"{name}_{n}": f"canary-{n}"
        for n, name in enumerate(["API_KEY", "MY_TOKEN", "DB_PASSWORD", "X_SECRET"])
    }
    for name, value in canaries.items():
        monkeypatch.setenv(name, value)
    prints = (
        GREEN + "    def test_env(self):\n        import os; print(dict(os.environ), os.path.expanduser('~'))\n"
    )
    report = await runner.run(Workspace(project({"calc.py": ADD, "tests/test_a.py": prints})))
    assert report.green
    assert "canary" not in report.output
    assert "scratch/home" in report.output


async def test_runs_of_one_workspace_wait_for_each_other(project: MakeProject, runner: ProjectTests) -> None:
    alone = GREEN + (
        "    def test_alone(self):\n"
        "        import os, time\n"
        "        os.mkdir('busy'); time.sleep(0.2); os.rmdir('busy')\n"
    )
    view = Workspace(project({"calc.py": ADD, "tests/test_a.py": alone}))
    reports = await asyncio.gather(*(runner.run(view) for _ in range(3)))
    assert [report.green for report in reports] == [True] * 3
