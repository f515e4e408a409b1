"""Whole test runs on the second rung: what projects need works there, what they must not have does not."""

import socket
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.test_reports import TestReport
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

    def test_nothing_of_the_users(self):
        with self.assertRaises(PermissionError):
            socket.socket(socket.AF_UNIX)
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


PYTHON_SERVER = """
import socket, threading, unittest, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")


class T(unittest.TestCase):
    def test_own_server(self):
        server = HTTPServer(("127.0.0.1", 0), Hello)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://localhost:{server.server_port}/", timeout=10) as answer:
            self.assertEqual(answer.read(), b"hello")
        server.shutdown()

    def test_nobody_elses(self):
        for place in (("127.0.0.1", PORT), ("192.0.2.1", 80)):
            with self.assertRaises(OSError):
                socket.create_connection(place, timeout=5)
"""
NODE_SERVER = """
import { test } from 'node:test'
import assert from 'node:assert'
import { createServer } from 'node:http'
test('a server of its own', async () => {
  const server = createServer((_, answer) => answer.end('hello'))
  await new Promise((done, failed) => server.once('error', failed).listen(0, '::1', done))
  const answer = await fetch(`http://[::1]:${server.address().port}/`)
  assert.equal(await answer.text(), 'hello')
  server.close()
})
"""


async def report_of(root: Path, parent: Path, *, own_network: bool = False) -> TestReport:
    runner = ProjectTests(parent=parent, sandbox=Landlock(own_network=own_network))
    report = await runner.run(Workspace(root))
    await runner.close()
    return report


async def run(root: Path, parent: Path, *, own_network: bool = False) -> str:
    report = await report_of(root, parent, own_network=own_network)
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


@pytest.mark.needs("own-network")
async def test_servers_of_the_tests_own_can_be_reached_and_nobody_elses(
    project: MakeProject, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as outside:
        port = outside.getsockname()[1]
        await run(project({"test_a.py": PYTHON_SERVER.replace("PORT", str(port))}), tmp_path, own_network=True)
        outside.setblocking(False)
        with pytest.raises(BlockingIOError):
            outside.accept()


@pytest.mark.needs("own-network", "node")
async def test_so_can_javascripts(project: MakeProject, tmp_path: Path) -> None:
    await run(project({"test/a.test.mjs": NODE_SERVER}), tmp_path, own_network=True)


async def test_without_a_network_the_report_says_why_there_is_no_server(
    project: MakeProject, tmp_path: Path
) -> None:
    report = await report_of(project({"test_a.py": PYTHON_SERVER.replace("PORT", "1")}), tmp_path)
    assert not report.green
    assert "tests here may make no network socket" in report.output
    assert "Install bubblewrap" in report.output


@pytest.mark.needs("node")
async def test_it_says_so_of_javascripts_too(project: MakeProject, tmp_path: Path) -> None:
    report = await report_of(project({"test/a.test.mjs": NODE_SERVER}), tmp_path)
    assert "tests here may make no network socket" in report.output


async def test_other_failures_get_no_such_remark(project: MakeProject, tmp_path: Path) -> None:
    code = "def test_a():\n    assert 1 == 2\ndef test_b():\n    open('/etc/shadow')\n"
    report = await report_of(project({"test_a.py": code}), tmp_path)
    assert (report.failed, "network socket" in report.output) == (2, False)
