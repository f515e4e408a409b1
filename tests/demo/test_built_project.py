"""What the demo does with the project that was built, on projects small enough to be seen whole."""

import shutil
import sys
from pathlib import Path

import pytest

from codecompanion.server.demo import DemoFailed
from codecompanion.server.demo.built_project import (
    BuiltProject,
    first_collection,
    has_program,
    page_title,
    store_and_list,
)

README = """\
# Pages

```sh
python -m pages --port 8000 \\
  --database pages.db
```

```sh
python -m unittest discover
node --test
```

```json
{"not": "a command --port"}
```
"""
SERVICE = """\
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
RESOURCES = {"resources": [{"name": "pages", "fields": [
    {"name": "size", "type": "number"}, {"name": "title", "type": "text"}]}]}
KEPT = []
class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        answers = {"/": "<title> All pages </title>", "/bare": "no page", "/api": json.dumps(RESOURCES),
                   "/api/pages": json.dumps({"items": KEPT}), "/api/lost": json.dumps({"items": []})}
        self.answer(200 if self.path in answers else 404, answers.get(self.path, ""))
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        KEPT.append({"id": 1, **json.loads(body)})
        self.answer(201, "{}")
    def answer(self, code, text):
        self.send_response(code); self.send_header("Content-Length", str(len(text))); self.end_headers()
        self.wfile.write(text.encode())
    def log_message(self, *args): pass
server = HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Pages)
print(f"Listening on http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
"""


def project(folder: Path, *, service: str = SERVICE, test: str = "self.assertTrue(True)") -> BuiltProject:
    (folder / "README.md").write_text(README, "utf-8")
    (folder / "pages.py").write_text(service, "utf-8")
    (folder / "test_pages.py").write_text(
        f"import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        {test}\n", "utf-8"
    )
    return BuiltProject(folder)


def test_the_commands_are_those_of_the_shell_blocks(tmp_path: Path) -> None:
    built = project(tmp_path)
    assert built.test_commands() == [["python", "-m", "unittest", "discover"], ["node", "--test"]]
    assert built.start_command() == ["python", "-m", "pages", "--port", "8000", "--database", "pages.db"]


def test_a_folder_without_a_readme_or_without_commands_is_told(tmp_path: Path) -> None:
    with pytest.raises(DemoFailed, match=r"no README\.md"):
        BuiltProject(tmp_path).commands()
    (tmp_path / "README.md").write_text("# Nothing\n", "utf-8")
    with pytest.raises(DemoFailed, match="no command that runs its tests"):
        BuiltProject(tmp_path).test_commands()
    with pytest.raises(DemoFailed, match="no command that starts the service"):
        BuiltProject(tmp_path).start_command()


def test_green_tests_are_counted_and_red_ones_shown(tmp_path: Path) -> None:
    command = ["python", "-m", "unittest", "discover"]
    assert project(tmp_path).run_tests(command) == "Ran 1 test"
    with pytest.raises(DemoFailed, match=r"(?s)discover failed:.*a reason to fail"):
        project(tmp_path, test="self.fail('a reason to fail')").run_tests(command)


def test_the_service_is_started_used_and_stopped(tmp_path: Path) -> None:
    with project(tmp_path).started(tmp_path / "log") as address:
        assert page_title(f"{address}/") == "All pages"
        route, record = first_collection(address)
        assert (route, record) == ("/api/pages", {"title": "Try Orchestra"})
        assert store_and_list(f"{address}{route}", record) == 1
        with pytest.raises(DemoFailed, match="no page with a title"):
            page_title(f"{address}/bare")
        with pytest.raises(DemoFailed, match="does not list it"):
            store_and_list(f"{address}/api/lost", record)
        with pytest.raises(DemoFailed, match="404"):
            page_title(f"{address}/nowhere")
    with pytest.raises(DemoFailed, match="gave no good answer"):
        page_title(f"{address}/")


def test_a_service_that_cannot_start_is_told_with_its_log(tmp_path: Path) -> None:
    built = project(tmp_path, service="raise SystemExit('no such database')")
    with pytest.raises(DemoFailed, match="did not say where it listens"), built.started(tmp_path / "log"):
        pass
    assert "no such database" in (tmp_path / "log").read_text("utf-8")


def test_python_is_the_one_that_runs_us_and_other_programs_are_looked_for() -> None:
    assert has_program(["python", "-m", "unittest"])
    assert has_program([sys.executable])
    assert has_program(["node", "--test"]) is (shutil.which("node") is not None)
    assert not has_program(["orchestra-has-no-such-program"])
