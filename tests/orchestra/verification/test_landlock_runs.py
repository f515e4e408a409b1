"""Whole test runs on the second rung: what projects need works there, what they must not have does not."""

from pathlib import Path
from typing import Any

import pytest

from codecompanion.orchestra.verification.landlock import Landlock
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.workspace.view import Workspace

MakeProject = Any

pytestmark = pytest.mark.needs("landlock")

PYTHON = """
import os, pathlib, socket, subprocess, sys, tempfile, threading, unittest


class T(unittest.TestCase):
    def test_files_processes_and_threads(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "a").write_text("x")
            os.rename(f"{folder}/a", f"{folder}/b")
        child = subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True)
        self.assertEqual(child.stdout, b"1\\n")
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        self.assertEqual(len(socket.socketpair()), 2)

    def test_no_socket_and_nothing_of_the_users(self):
        with self.assertRaises(PermissionError):
            socket.socket()
        for path in ("/etc/shadow", "SECRET"):
            with self.assertRaises(OSError):
                open(path).read()
"""
NODE = """
import { test } from 'node:test'
import assert from 'node:assert'
import { writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import dep from 'dep'
test('files, processes and packages', () => {
  writeFileSync('new.txt', 'x')
  assert.equal(execFileSync('/bin/echo', ['1']).toString(), '1\\n')
  assert.equal(dep.value, 7)
})
"""


async def run(root: Path, parent: Path) -> str:
    runner = ProjectTests(parent=parent, sandbox=Landlock())
    report = await runner.run(Workspace(root))
    await runner.close()
    assert report.green, report.output
    return report.output


async def test_python_projects_run(project: MakeProject, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    root = project({"tests/test_a.py": PYTHON.replace("SECRET", str(tmp_path / "key"))})
    await run(root, tmp_path)


async def test_pytest_runs(project: MakeProject, tmp_path: Path) -> None:
    assert "1 passed" in await run(
        project({"test_a.py": "def test_a(tmp_path):\n    assert tmp_path.exists()\n"}), tmp_path
    )


@pytest.mark.needs("node")
async def test_javascript_projects_run_with_their_packages(project: MakeProject, tmp_path: Path) -> None:
    dep = {"node_modules/dep/package.json": '{"main": "i.js"}', "node_modules/dep/i.js": "exports.value = 7\n"}
    root = project({"test/a.test.mjs": NODE, **dep})
    await run(root, tmp_path)
    assert not (root / "new.txt").exists()
