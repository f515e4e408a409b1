"""What a run is given is checked before anything starts, and what it came to is said plainly."""

import io
import os
from pathlib import Path

import pytest

from codecompanion.contracts.errors import BadRequest, WorkspaceError
from codecompanion.contracts.status import RunStatus
from codecompanion.server.cli_commands.order_checks import (
    kind_of_work,
    known_template,
    usable_request,
    usable_workspace,
)
from codecompanion.server.cli_commands.run import exit_code_of
from codecompanion.server.cli_commands.run_progress import PlainProgress
from codecompanion.server.cli_commands.run_summary import spoken_time, summary_lines


def _status(**given) -> RunStatus:
    fixed = {"run_id": "run-1", "kind": "project", "request": "x", "workspace": "/w", "percent": 0, "text": ""}
    return RunStatus.model_validate({**fixed, "phase": "done", **given})


class TestTheRequest:
    @pytest.mark.parametrize("request_", ["図書館の貸出のための API", "یک سرویس", "a\nb", "x" * 1_000_000])
    def test_any_script_and_up_to_a_megabyte(self, request_):
        assert usable_request(request_, io.BytesIO()) == request_
        assert usable_request("-", io.BytesIO(request_.encode())) == request_

    @pytest.mark.parametrize(
        ("given", "stdin", "said"),
        [
            ("", b"", "is empty; say in a sentence what you want"),
            (" \n\t", b"", "is empty"),
            ("-", b"", "is empty"),
            ("-", b"x" * 1_000_001, "larger than 1 MB"),
            ("\u56f3" * 333_334, b"", "larger than 1 MB"),
            ("-", b"caf\xe9", "is not UTF-8 text \\(byte 4\\)"),
            (os.fsdecode(b"caf\xe9"), b"", "is not UTF-8 text"),
            ("-", b"a\0b", "holds a NUL character"),
        ],
        ids=range(8),
    )
    def test_what_is_no_request(self, given, stdin, said):
        with pytest.raises(BadRequest, match=said):
            usable_request(given, io.BytesIO(stdin))

    def test_an_endless_input_is_not_read_to_its_end(self):
        with Path("/dev/zero").open("rb") as endless, pytest.raises(BadRequest, match="1 MB"):
            usable_request("-", endless)


class TestTheWorkspace:
    def test_a_folder_is_taken_by_its_real_path(self, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        assert usable_workspace(str(tmp_path / "link")) == tmp_path / "real"
        assert list(tmp_path.iterdir()) != []
        assert list((tmp_path / "real").iterdir()) == []

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ("/nowhere", "does not exist; create it or choose another one"),
            ("/etc/passwd", "is a file, not a folder"),
            ("/proc", "'/proc' "),
            ("/", "the whole file system is no workspace"),
            ("a" * 5000, "has too long a name|does not exist|File name too long"),
            ("a\0b", "null|does not exist"),
        ],
        ids=["missing", "file", "read-only", "whole disk", "too long", "nul"],
    )
    def test_what_is_no_workspace(self, given, said):
        with pytest.raises(WorkspaceError, match=said):
            usable_workspace(given)

    def test_an_empty_folder_gets_a_project_and_a_full_one_a_change(self, tmp_path):
        (tmp_path / ".git").mkdir()
        assert kind_of_work(tmp_path, None) == "project"
        (tmp_path / "app.py").touch()
        assert kind_of_work(tmp_path, None) == "change"
        assert kind_of_work(tmp_path, "web app") == "project"


def test_templates_go_by_any_spelling_of_their_name():
    assert known_template(None) is None
    assert known_template("API service") == known_template("api-service") == known_template("Api_Service")
    with pytest.raises(
        BadRequest, match="unknown template 'spaceship'; known: web app, api service, data pipe"
    ):
        known_template("spaceship")


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"tests_passed": 1, "tests_failed": 0}, 0, "Tests: 1 passed, 0 failed"),
        ({}, 1, "Tests: none were run, so nothing shows that it works"),
        ({"tests_passed": 0, "tests_failed": 0}, 1, "Tests: 0 passed, 0 failed"),
        ({"tests_passed": 5, "tests_failed": 1}, 1, "Tests: 5 passed, 1 failed"),
        ({"phase": "red", "tests_passed": 1, "tests_failed": 2}, 1, "Not done: the tests do not pass."),
        ({"phase": "red", "tests_passed": 1, "tests_failed": 0}, 1, "Not done: the tests do not show that it"),
        ({"phase": "red"}, 1, "Not done: the tests do not show that it works."),
        ({"phase": "failed", "summary": "No model answered."}, 1, "Failed. No model answered."),
        ({"phase": "stopped", "tests_passed": 1, "tests_failed": 0}, 1, "Stopped."),
        (
            {"tests_passed": 1, "tests_failed": 0, "failed_edits": ["app.py: changed meanwhile"]},
            1,
            "Not written: app.py: changed meanwhile",
        ),
        ({"cost": None, "models": ["local/qwen"]}, 1, "Cost: not known, a model's price is missing (0 tokens"),
        ({"cost": 0.0}, 1, "Cost: nothing"),
        ({"files": [f"f{n}" for n in range(25)]}, 1, "  and 5 more"),
    ],
)
def test_only_done_and_tested_is_0_and_the_summary_says_why(given, code, said):
    status = _status(**given)
    assert exit_code_of(status) == code
    assert any(line.startswith(said) for line in summary_lines(status))


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [(-1, "0.0 s"), (1.26, "1.3 s"), (59.6, "1 min 0 s"), (72, "1 min 12 s"), (3725, "1 h 2 min")],
)
def test_durations_as_people_say_them(seconds, spoken):
    assert spoken_time(seconds) == spoken


def test_plain_progress_does_not_repeat_an_agent_as_the_run():
    stream = io.StringIO()
    progress = PlainProgress(stream)
    code = {"task_id": "c", "title": "Code", "role": "CodeGenerator", "phase": "running", "text": "begun"}
    tests = {"task_id": "t", "title": "Tests", "role": "TestWriter", "phase": "running", "text": "begun"}
    for percent, text, done in ((10, "begun", 0), (20, "1 of 2 written", 1), (30, "1 of 2 written", 1)):
        tasks = [{**code, "text": text, "done": done}, tests]
        progress.update(_status(phase="working", percent=percent, text=f"CodeGenerator: {text}", tasks=tasks))
    ended = [{**code, "phase": "done", "text": "done"}, tests]
    progress.update(_status(phase="working", percent=40, text="CodeGenerator: 1 of 2 written", tasks=ended))
    progress.update(_status(phase="working", percent=40, text="TestWriter: begun", tasks=ended))
    assert stream.getvalue().splitlines() == [
        " 10 % working: CodeGenerator: begun",
        "      TestWriter: begun",
        " 20 % working: CodeGenerator: 1 of 2 written",
        "      CodeGenerator: done",
    ]


def test_plain_progress_says_each_thing_once():
    stream = io.StringIO()
    progress = PlainProgress(stream)
    task = {"task_id": "t", "title": "Tests", "role": "TestWriter", "phase": "running"}
    for percent, text in ((10, "begun"), (10, "begun"), (20, "1 of 2 tests written")):
        tasks = [{**task, "text": text}, {**task, "task_id": "u", "phase": "waiting"}]
        progress.update(_status(phase="working", percent=percent, text="at work", tasks=tasks))
    failed = {**task, "phase": "failed", "text": "no answer\n\x1b[2J"}
    progress.update(_status(phase="working", percent=20, text="at work", tasks=[failed]))
    assert stream.getvalue().splitlines() == [
        " 10 % working: at work",
        "      TestWriter: begun",
        # the share alone is no news
        "      TestWriter: 1 of 2 tests written",
        "      TestWriter: no answer (failed)",
    ]
