"""`orchestra run`: the frame around the engine, as a person or a script meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("scripted_run.py")
TASKS = [
    {"task_id": "t1", "title": "Write the code", "role": "CodeGenerator", "phase": "done", "text": "3 files"},
    {
        "task_id": "t2",
        "title": "Tests",
        "role": "TestWriter",
        "phase": "running",
        "text": "3 of 5 tests written",
    },
    {"task_id": "t3", "title": "Mend", "role": "Debugger", "phase": "waiting"},
]
GREEN = {
    "phase": "done",
    "summary": "An API service for loans.",
    "files": ["app.py", "tests/test_app.py"],
    "tests_passed": 12,
    "tests_failed": 0,
    "models": ["anthropic/claude"],
    "input_tokens": 45678,
    "output_tokens": 3210,
    "cost": 0.0123,
}
SCRIPTED = {
    "steps": [{"percent": 40, "phase": "working", "text": "2 of 3 tasks", "tasks": TASKS}],
    "end": GREEN,
}


@pytest.fixture
def scripted(environ, tmp_path):
    """Run a scenario with the arguments of `orchestra run`."""
    folder = tmp_path / "work"
    folder.mkdir()

    def run(scenario, *arguments, env=None, stdin=b""):
        ended = subprocess.run(
            [sys.executable, "-P", SCRIPT, json.dumps(scenario), *arguments],
            env={**environ, **(env or {})},
            cwd=folder,
            input=stdin,
            capture_output=True,
            timeout=30,
            check=False,
        )
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

    run.folder = folder
    return run


def test_a_green_run_ends_with_0_and_says_what_it_came_to(scripted):
    code, out, err = scripted(SCRIPTED, "an API service for loans")
    assert code == 0
    assert out.splitlines() == [
        "Done. An API service for loans.",
        f"Files (2) in {scripted.folder}:",
        "  app.py",
        "  tests/test_app.py",
        "Tests: 12 passed, 0 failed",
        "Models: anthropic/claude",
        "Cost: $0.0123 (45,678 tokens in, 3,210 out)",
        "Time: 1 min 15 s",
    ]
    assert " 40 % working: 2 of 3 tasks" in err
    assert "TestWriter: 3 of 5 tests written" in err
    assert "Debugger" not in err
    assert "\x1b" not in err
    assert "parts closed" in err


def test_without_a_terminal_each_piece_of_news_is_one_line(scripted):
    news = [f"TestWriter: {count} of 5 tests written" for count in range(1, 6)]
    steps = [
        {
            "percent": 10 * n,
            "phase": "working",
            "text": said,
            "tasks": [{**TASKS[1], "text": said.split(": ")[1]}],
        }
        for n, said in enumerate(news, 1)
        for _ in range(2)
    ]
    code, _, err = scripted({"steps": steps, "end": GREEN}, "an API service for loans")
    assert code == 0
    assert [sum(said in line for line in err.splitlines()) for said in news] == [1] * 5


def test_a_red_run_ends_with_1(run_here):
    code, out, _ = run_here({"end": {"phase": "red", "tests_passed": 3, "tests_failed": 1}}, "x")
    assert code == 1
    assert "Tests: 3 passed, 1 failed" in out


def test_json_is_one_object_on_standard_output(run_here):
    code, out, err = run_here(SCRIPTED, "x", "--json")
    result = json.loads(out)
    assert out.count("\n") == 1
    assert (code, result["exitCode"], result["phase"], result["testsPassed"]) == (0, 0, "done", 12)
    assert "TestWriter: 3 of 5 tests written" in err


@pytest.mark.parametrize(
    ("scenario", "arguments", "code", "said"),
    [
        ({"fault": "CannotBuild", "message": "no model is configured"}, ["x"], 1, "no model is configured"),
        ({"fault": "BadRequest", "message": "too long"}, ["x"], 2, "too long"),
        ({"fault": "KeyError"}, ["x"], 1, "a fault in Orchestra itself ended this: KeyError"),
        (SCRIPTED, ["-", "--step"], 2, "--step needs standard input"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run_here, scenario, arguments, code, said):
    ended, out, err = run_here(scenario, *arguments)
    assert (ended, out) == (code, "")
    (line,) = [line for line in err.splitlines() if line.startswith("orchestra: ")]
    assert said in line
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("CannotBuild", 1, "no model"),
        ("BadRequest", 2, "no model"),
        ("KeyError", 1, "a fault in Orchestra itself ended this: KeyError: 'no model'"),
    ],
)
def test_json_also_says_why_nothing_started(run_here, fault, code, said):
    ended, out, _ = run_here({"fault": fault, "message": "no model"}, "x", "--json")
    assert (ended, json.loads(out)) == (code, {"error": said, "exitCode": code})


def test_request_options_and_settings_arrive_in_the_order(run_here, tmp_path):
    request = "図書館の貸出のための API"
    arguments = ("-", "--template", "API-Service", "--offline")
    env = {"ORCHESTRA_MAX_REPAIRS": "7"}
    _, _, err = run_here({**SCRIPTED, "show_order": True}, *arguments, env=env, stdin=request.encode())
    (line,) = [line for line in err.splitlines() if line.startswith("order: ")]
    order = json.loads(line.removeprefix("order: "))
    assert order["request"] == request
    assert (order["kind"], order["workspace"]) == ("project", str(tmp_path / "work"))
    assert (order["template"], order["offline"], order["maxRepairs"]) == ("api service", True, 7)


WAITING = {
    "steps": [
        {"phase": "waiting", "text": "next is CodeGenerator: Write the code"},
        {"phase": "waiting", "text": "next is TestWriter: Write the tests"},
    ],
    "end": GREEN,
}


def test_a_fault_of_our_own_is_one_sentence_in_a_real_process_too(scripted):
    code, out, err = scripted({"fault": "KeyError"}, "x")
    assert (code, out) == (1, "")
    assert err == "orchestra: a fault in Orchestra itself ended this: KeyError: 'as the script says'\n"


class TestOneAgentAtATime:
    def test_enter_lets_one_agent_go(self, scripted):
        code, _, err = scripted(WAITING, "x", "--step", stdin=b"\n\n")
        assert code == 0
        assert "next is CodeGenerator: Write the code. Press Enter to let it go." in err
        assert "next is TestWriter: Write the tests. Press Enter to let it go." in err

    def test_the_end_of_the_input_stops_the_run(self, scripted):
        code, out, _ = scripted(WAITING, "x", "--step", stdin=b"\n")
        assert code == 1
        assert "standard input ended" in out


def test_no_key_gets_out_whatever_a_model_says(run_here):
    canary = "C4n4ry-in-the-answer-of-a-model"
    loud = {"summary": f"{canary}\x1b[2J", "text": canary, "files": [canary]}
    steps = [{"phase": "working", "text": f"{canary}\x1b]0;x\x07", "tasks": [{**TASKS[0], "text": canary}]}]
    for extra in ([], ["--json"]):
        code, out, err = run_here(
            {"steps": steps, "end": {**GREEN, **loud}}, "x", *extra, env={"OPENAI_API_KEY": canary}
        )
        assert code == 0
        assert "[hidden]" in out
        assert "C4n4ry" not in out + err
        assert "\x1b" not in out + err
    _, out, err = run_here(
        {"fault": "KeyError", "message": canary}, "x", "--json", env={"OPENAI_API_KEY": canary}
    )
    assert "C4n4ry" not in out + err
