"""`orchestra router …`: evaluating on a table, and looking at what a real run has left."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.orders import RunOrder
from codecompanion.router.scripted_server import Reply, ScriptedServer
from codecompanion.server import cli
from codecompanion.server.bootstrap import headless
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.secret import Secret

Router = Callable[..., tuple[int, str, str]]

TEST = """import unittest

from calc import add


class AddTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(add(1, 2), 3)
"""
GOOD = "FILE: calc.py\n```python\ndef add(a, b):\n    return b + a\n```\n"


@pytest.fixture
def router(
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logging_put_back: None,
) -> Router:
    """Run `orchestra router …` within this process, in a folder of its own: code, output, errors."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["router", *arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def table(tmp_path: Path) -> str:
    """A small table of two models, one better and dearer."""
    rows = ["task,type,model,score,cost_usd,latency_s"]
    for number in range(60):
        rows += [f"t{number},a,dear,{int(number % 10 < 8)},0.1,1", f"t{number},a,cheap,{number % 2},0.01,1"]
    file = tmp_path / "table.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    return str(file)


async def _ran(root: Path) -> None:
    """Do one small change with a scripted provider behind two keys."""
    (root / "test_calc.py").write_text(TEST, encoding="utf-8")
    (root / "calc.py").write_text("def add(a, b):\n    return a + b\n", encoding="utf-8")
    async with ScriptedServer([Reply(text=GOOD, times=None)]) as server:
        settings = Settings(
            openai_api_key=Secret("sk-one"),
            anthropic_api_key=Secret("sk-two"),
            openai_base_url=server.openai_url,
            anthropic_base_url=server.url,
            openai_wire="chat",
            sandbox="off",
        )
        async with headless(settings, root) as workspace:
            order = RunOrder(kind="change", request="turn the sum around in calc.py", workspace=str(root))
            status = await workspace.engine.wait(await workspace.engine.start(order))
    assert status.phase == "done"


def test_policies_are_evaluated_on_a_table(router: Router, table: str) -> None:
    code, out, _ = router("evaluate", "--data", table, "--passes", "3")
    assert code == 0
    assert out.splitlines()[0].startswith("60 tasks of 1 type, 2 models; shuffled passes: 3")
    names = [line.split("  ")[0] for line in out.splitlines()[4:11]]
    assert names[:3] == ["pooled", "lints", "beta-ts"]
    assert "best single model: dear" in out


def test_the_figures_are_given_as_json_too(router: Router, table: str) -> None:
    arguments = ("--policy", "pooled", "--passes", "2", "--warm", "0.5", "--budget", "1", "--drift", "--json")
    code, out, _ = router("evaluate", "--data", table, *arguments)
    found: dict[str, Any] = json.loads(out)
    assert code == 0
    assert (found["scored"], found["weights"], found["drift"]) == (30, "balanced", True)
    (ours,) = found["policies"]
    assert ours["name"] == "pooled" and ours["dollars"] <= 1.1
    assert [one["name"] for one in found["hindsight"]][:2] == [
        "best single model: dear",
        "cheapest model: cheap",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "nowhere.csv"], "the table nowhere.csv cannot be read"),
        (["--data", "TABLE", "--policy", "best"], "unknown policy 'best'; known: pooled"),
        (["--data", "TABLE", "--weights", "chep"], "give one of quality, balanced, cheap, fast"),
        (["--data", "TABLE", "--warm", "2"], "warm 2.0 cannot be used"),
    ],
)
def test_what_cannot_be_evaluated_is_one_sentence(
    router: Router, table: str, arguments: list[str], said: str
) -> None:
    code, _, err = router("evaluate", *(table if word == "TABLE" else word for word in arguments))
    assert code == 2
    assert said in err and len(err.splitlines()) == 1


def test_a_folder_without_a_log_is_one_sentence(router: Router) -> None:
    code, _, err = router("why")
    assert code == 2
    assert "nothing was run" in err or "no log" in err or "there is no" in err


async def test_a_real_runs_choice_is_explained_reported_and_carried_on(router: Router, tmp_path: Path) -> None:
    work = tmp_path / "work"
    await _ran(work)
    _look(router, work)


def _look(router: Router, work: Path) -> None:
    # the command line has its own loop: it runs beside this one, in a thread
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:

        def run(*arguments: str) -> str:
            code, out, err = thread.submit(router, *arguments).result()
            assert code == 0, err
            return out

        said = run("why")
        assert "openai/gpt-6.1-sol is the best bet" in said
        assert "gemini/gemini-4-argon cannot be asked: Gemini is not set up" in said
        assert "What it brought: 100% (all 1 tests passed)" in said
        told = json.loads(run("why", "--json"))
        assert told["outcome"]["reward"] == 1.0
        assert told["considered"][0]["model"] == "openai/gpt-6.1-sol"
        assert "CodeGenerator/code generation" in run("report")
        run("report", "--html", "report.html")
        assert "<svg" in (work / "report.html").read_text(encoding="utf-8")
        assert "1 decision with an outcome; scored 100.0%" in run("replay")
        assert "made" not in run("simulate", "--tasks", "20", "--passes", "1", "--policy", "pooled")
        run("export", "learned.json")
        assert "Forgot 1 outcome" in run("reset")
        assert "Nothing was learned yet" in run("report")
        run("import", "learned.json")
        assert json.loads(run("report", "--json"))["outcomes"] == 1


def test_the_catalogue_is_listed_with_its_sources(router: Router) -> None:
    code, out, _ = router("models")
    assert code == 0
    assert "anthropic/claude-sonnet-5-5" in out and "Apache-2.0" in out
    listed = json.loads(router("models", "--json")[1])
    assert set(listed["models"][0]["capabilities"]) > {"planning", "ui", "other languages"}
