"""The demo itself: from one sentence, in an editor's words, to a tested service that answers.

Uses no key and no model; what is built is kept, and where it is, is printed. The exit code is 0 only if
everything that is promised was seen to happen.
"""

import os
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import PIPE
from typing import Any

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.wording import counted
from codecompanion.server.demo import DemoFailed
from codecompanion.server.demo.built_project import (
    BuiltProject,
    first_collection,
    has_program,
    page_title,
    runnable,
    store_and_list,
)
from codecompanion.server.demo.processes import running
from codecompanion.server.demo.scripted_editor import ScriptedEditor
from codecompanion.server.settings.names import KEY_VARIABLES, PREFIX, URL_VARIABLES

REQUEST = "an API service for a to-do list with a small web page"
SERVE = (sys.executable, "-P", "-m", "codecompanion.server.cli", "serve")
LONGEST_SESSION = 150.0


class Watcher:
    """Prints what happens in one run, a line each, and keeps the last status it heard of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._began = time.monotonic()
        self._percent = 0
        self._roles: dict[str, str] = {}
        self._token = ""
        self._progress_ended = False
        self.ended = False
        self.status: dict[str, Any] = {}

    def seconds(self) -> float:
        """Return the time since the beginning."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """Print a line with the time."""
        _print(f"{self.seconds():6.1f} s  {text}")

    def follow(self, started: Mapping[str, Any]) -> None:
        """Take note of which run is ours, from the answer to the command that began it."""
        self._token = started["progressToken"]

    def changed(self, path: Path, text: str) -> None:
        """Tell that an edit changed a file."""
        lines = text.count("\n")
        self._say_at_percent(f"+ {path.relative_to(self._folder).as_posix()} ({counted(lines, 'line')})")

    def heard(self, method: str, params: Any) -> None:
        """Take in a notification of the server."""
        match method:
            case "$/progress" if params["token"] == self._token:
                self._run_moved(params["value"])
            case "$/progress":
                self._agent_moved(params["token"], params["value"])
            case "orchestra/status":
                self.status = params
            case "orchestra/event":
                self._happened(params["body"])
            case "window/showMessage":
                self.say(params["message"])
                # the server's last word on a run comes after the end of its progress
                self.ended = self._progress_ended

    def _run_moved(self, value: Mapping[str, Any]) -> None:
        self._percent = value.get("percentage", self._percent)
        self._progress_ended = value["kind"] == "end"

    def _agent_moved(self, token: str, value: Mapping[str, Any]) -> None:
        if value["kind"] == "begin":
            self._roles[token] = value["title"]
            self._say_at_percent(f"{value['title']} begins: {value['message']}")
        elif value["kind"] == "end" and token in self._roles:
            self._say_at_percent(f"{self._roles.pop(token)} ends: {value['message']}")

    def _happened(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "tests_started":
            self._say_at_percent("the tests are run in a copy of the folder")
        elif event["event"] == "tests_ran":
            report = event["report"]
            self._say_at_percent(f"{counted(report['passed'], 'test')} passed, {report['failed']} failed")

    def _say_at_percent(self, text: str) -> None:
        self.say(f"{self._percent:3d} %  {text}")


def main(serve: Sequence[str] = SERVE) -> int:
    """Run the demo with the language server that ``serve`` starts, and return the exit code."""
    place = Path(tempfile.mkdtemp(prefix="orchestra-demo-")).resolve()
    folder = place / "todo"
    folder.mkdir()
    _print("Orchestra's demo. No key is used and no model is asked: what comes now is built from templates.")
    _print(f"Folder:  {folder}\nRequest: {REQUEST}\n")
    watcher = Watcher(folder)
    try:
        _build(serve, place, folder, watcher)
        _use(BuiltProject(folder), place, watcher)
    except KeyboardInterrupt:
        _print(f"\nInterrupted. What there is so far: {folder}")
        return 130
    except Exception as problem:  # noqa: BLE001 - the program's outermost boundary
        reason = str(problem) if isinstance(problem, OrchestraError | OSError) else repr(problem)
        _print(f"\nThe demo failed: {reason}\nThe server's log: {place / 'server.log'}; the folder: {folder}")
        return 1
    _print(_closing_words(place, folder, watcher))
    return 0


def _build(serve: Sequence[str], place: Path, folder: Path, watcher: Watcher) -> None:
    """Have the language server build what is asked for, over a real session."""
    with (
        (place / "server.log").open("wb") as log,
        running(
            serve, seconds=LONGEST_SESSION, env=_environment(place), stdin=PIPE, stdout=PIPE, stderr=log
        ) as server,
    ):
        editor = ScriptedEditor(server, folder, heard=watcher.heard, changed=watcher.changed)
        watcher.say(f"`orchestra serve` has answered: {editor.initialize()}")
        # without a key it would be offline by itself, but there may be one in a keyring or in a file
        started = editor.command("orchestra.startProject", {"request": REQUEST, "offline": True})
        watcher.follow(started)
        watcher.say(f"orchestra.startProject has answered: {started['runId']}")
        editor.listen_until(lambda: watcher.ended)
        code = editor.close()
        if code != 0:
            raise DemoFailed(f"the language server ended with exit code {code}")
    _check(watcher.status)


def _environment(place: Path) -> dict[str, str]:
    """Return our environment without keys, without Orchestra's settings, and with an empty user folder."""
    keys = {*KEY_VARIABLES.values(), *URL_VARIABLES.values()}
    kept = {
        name: value for name, value in os.environ.items() if name not in keys and not name.startswith(PREFIX)
    }
    return {
        **kept,
        "XDG_CONFIG_HOME": str(place / "no-settings"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


def _check(status: Mapping[str, Any]) -> None:
    """Raise unless the run is done, green, complete and without a model."""
    if status.get("phase") != "done":
        raise DemoFailed(f"the run is not done but {status.get('phase', 'of unknown standing')!r}")
    if not status["testsPassed"] or status["testsFailed"]:
        raise DemoFailed(f"{status['testsPassed']} tests passed and {status['testsFailed']} failed")
    if status["failedEdits"]:
        raise DemoFailed(f"edits that did not land: {', '.join(status['failedEdits'])}")
    if any(not model.startswith("offline") for model in status["models"]):
        raise DemoFailed(f"models were asked: {', '.join(status['models'])}")


def _use(project: BuiltProject, place: Path, watcher: Watcher) -> None:
    """Do what a person would do next, by the README of what was built."""
    _print("\nNow by hand, as its README says:")
    for command in project.test_commands():
        if has_program(command):
            watcher.say(f"{shlex.join(command)}: {project.run_tests(command)}, all passed")
        else:
            watcher.say(f"{shlex.join(command)}: left out, {command[0]} is not on this machine")
    with project.started(place / "service.log") as address:
        watcher.say(f"{shlex.join(project.start_command())}, on a free port: {address}")
        watcher.say(f"GET / is a page: {page_title(f'{address}/')!r}")
        route, record = first_collection(address)
        count = store_and_list(f"{address}{route}", record)
        watcher.say(f"POST and GET {route} keep and list {count} record: {record}")
    watcher.say("the service is stopped")


def _closing_words(place: Path, folder: Path, watcher: Watcher) -> str:
    orchestra = shlex.quote(str(Path(sys.executable).with_name("orchestra")))
    start = shlex.join(runnable(BuiltProject(folder).start_command()))
    files = counted(len(watcher.status["files"]), "file")
    tests = counted(watcher.status["testsPassed"], "test")
    return f"""
Done in {watcher.seconds():.1f} s: {files}, {tests} passed. No model was used; it cost nothing.
What was built:   {folder}
The server's log: {place / "server.log"}
Try next:
  cd {shlex.quote(str(folder))} && {start}
  cd "$(mktemp -d)" && {orchestra} run "a web app for a recipe box" --offline
  {orchestra} keys   # what else it can do with a key: docs/configuration.md"""


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
