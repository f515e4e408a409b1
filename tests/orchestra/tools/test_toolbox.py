"""The agents' tools on a real folder with unsaved buffers: what they show, their bounds, and bad calls."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codecompanion.contracts import ports
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.tools.toolbox import Toolbox, ToolLimits, ToolResult, nothing_hidden
from codecompanion.orchestra.workspace.view import Workspace

GREEN = TestReport(
    command=("python", "-m", "pytest"), ran=True, passed=2, exit_code=0, output="2 passed in 0.11s"
)


class Runner:
    """A test runner that gives the reports it was made with, one after the other."""

    def __init__(self, *reports: TestReport, seconds: float = 0.0) -> None:
        self.reports = list(reports)
        self.asked: list[list[str]] = []
        self.seconds = seconds

    async def run(self, view: ports.WorkspaceView, only: Sequence[str] = ()) -> TestReport:
        self.asked.append(list(only))
        await asyncio.sleep(self.seconds)
        return self.reports.pop(0)

    async def confinement(self) -> str:
        return ""


class Bench:
    """A folder, its buffers and a toolbox on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.buffers: dict[str, str] = {}
        self.problems: list[str] = []
        self.view = Workspace(folder, lambda: self.buffers, self._diagnostics)
        self.toolbox = self.make()

    def _diagnostics(self, path: str | None) -> list[str]:
        return [line for line in self.problems if path is None or line.startswith(f"{path}:")]

    def make(
        self,
        tests: ports.TestRunner | None = None,
        limits: ToolLimits | None = None,
        hidden: Callable[[str], bool] = nothing_hidden,
    ) -> Toolbox:
        self.toolbox = Toolbox(self.view, tests, limits or ToolLimits(), hidden)
        return self.toolbox

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    async def use(self, tool: str, **arguments: Any) -> ToolResult:
        return await self.toolbox.use(ToolCall(id="1", name=tool, arguments=arguments))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.write("src/app.py", "import os\r\n\r\n\r\ndef home():\r\n    return os.sep\r\n")
    made.write("src/web/index.html", "<h1>Hello</h1>\n")
    made.write("tests/test_app.py", "def test_home(): ...\n")
    made.write("README.md", "# App\n")
    return made


async def test_files_are_listed_by_folder_or_pattern(bench: Bench) -> None:
    assert (await bench.use("list_files")).text == (
        "4 files:\nREADME.md\nsrc/app.py\nsrc/web/index.html\ntests/test_app.py"
    )
    assert (await bench.use("list_files", glob="*.py")).text == "2 files:\nsrc/app.py\ntests/test_app.py"
    assert (await bench.use("list_files", glob="src/web/")).text == "1 file:\nsrc/web/index.html"
    assert (await bench.use("list_files", glob="*.rs")).text == "No file matches '*.rs'."


async def test_a_long_listing_says_how_much_more_there_is(bench: Bench) -> None:
    for number in range(30):
        bench.write(f"data/{number:02}.txt", "x\n")
    text = (await bench.use("list_files", limit=3)).text
    assert text == (
        "3 of 34 files; give a folder or pattern to see fewer. "
        "Files by folder: data/ 30, src/ 2, (top) 1, tests/ 1.\nREADME.md\ndata/00.txt\ndata/01.txt"
    )


async def test_a_file_is_read_with_numbers_and_without_its_line_endings(bench: Bench) -> None:
    result = await bench.use("read_file", path="src/app.py", first_line=4)
    assert result == ToolResult("src/app.py, lines 4-5 of 5:\n4| def home():\n5|     return os.sep", ok=True)
    assert (await bench.use("read_file", path="src/app.py", first_line=1, last_line=1)).text.endswith(
        "1| import os"
    )


async def test_the_unsaved_buffer_is_what_is_read_and_searched(bench: Bench) -> None:
    bench.buffers["src/app.py"] = "typed_just_now = 1\n"
    bench.buffers["src/new.py"] = "typed_just_now = 2\n"
    assert "1| typed_just_now = 1" in (await bench.use("read_file", path="src/app.py")).text
    assert (await bench.use("search_text", pattern="typed_just")).text == (
        "2 lines found:\nsrc/app.py:1: typed_just_now = 1\nsrc/new.py:1: typed_just_now = 2"
    )


async def test_the_forms_of_a_path_that_models_use(bench: Bench) -> None:
    for path in ("./src/app.py", "src\\app.py", f"{bench.view.root}/src/app.py", " src//app.py "):
        assert (await bench.use("read_file", path=path)).text.startswith("src/app.py, lines 1-5 of 5"), path


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "src/../../x", ".", "a\0b", "~/x"])
async def test_paths_that_lead_out_are_refused(bench: Bench, path: str) -> None:
    result = await bench.use("read_file", path=path)
    assert not result.ok
    assert "write the path from the workspace folder" in result.text


async def test_an_absent_file_is_answered_with_those_of_the_same_name(bench: Bench) -> None:
    result = await bench.use("read_file", path="app.py")
    assert not result.ok
    assert "there is src/app.py" in result.text
    assert "list_files shows what there is" in (await bench.use("read_file", path="nope.py")).text


async def test_reading_past_the_end_says_how_long_the_file_is(bench: Bench) -> None:
    result = await bench.use("read_file", path="README.md", first_line=9)
    assert (result.ok, result.text) == (False, "'README.md' has only 1 lines; ask for lines up to that")


async def test_an_empty_file_is_said_to_be_empty(bench: Bench) -> None:
    bench.write("empty.py", "")
    assert (await bench.use("read_file", path="empty.py")).text == "empty.py is empty."


async def test_a_large_file_is_cut_at_a_line_and_can_be_read_on(bench: Bench) -> None:
    bench.write("big.py", "".join(f"value_{number} = {number}\n" for number in range(1, 10_001)))
    bench.make(limits=ToolLimits(bytes_per_result=4_000))
    text = (await bench.use("read_file", path="big.py")).text
    assert len(text.encode()) <= 4_000
    last = int(text.rsplit("first_line ", 1)[1].rstrip(".")) - 1
    assert f"\n{last:>5}| value_{last} = {last}\n" in text
    following = await bench.use("read_file", path="big.py", first_line=last + 1, last_line=last + 1)
    assert (
        following.text
        == f"big.py, lines {last + 1}-{last + 1} of 10000:\n{last + 1}| value_{last + 1} = {last + 1}"
    )


async def test_one_huge_line_is_cut(bench: Bench) -> None:
    bench.write("min.js", "x" * 1_000_000)
    text = (await bench.use("read_file", path="min.js")).text
    assert len(text) < 1000
    assert text.endswith("…")


async def test_search_with_an_expression_and_a_glob(bench: Bench) -> None:
    text = (await bench.use("search_text", pattern=r"def \w+\(", is_regex=True, glob="*.py")).text
    assert text == "2 lines found:\nsrc/app.py:4: def home():\ntests/test_app.py:1: def test_home(): ..."
    assert (await bench.use("search_text", pattern="def", glob="*.html")).text == "No line matches."
    assert (await bench.use("search_text", pattern="e", limit=1)).text.startswith(
        "1 line found: There may be more."
    )


async def test_a_catastrophic_expression_ends_in_time(bench: Bench) -> None:
    bench.write("bad.txt", "a" * 80 + "\n")
    bench.make(limits=ToolLimits(seconds_per_search=0.5))
    started = time.monotonic()
    result = await bench.use("search_text", pattern="(a|a)*b", is_regex=True)
    assert "the pattern is too slow" in result.text
    assert time.monotonic() - started < 5


async def test_a_wrong_expression_is_refused_with_the_mend(bench: Bench) -> None:
    result = await bench.use("search_text", pattern="home(", is_regex=True)
    assert not result.ok
    assert "is_regex false" in result.text


async def test_problems_are_shown(bench: Bench) -> None:
    assert (await bench.use("diagnostics")).text == "The editor knows of no problems."
    bench.problems = ["src/app.py:4: bad name", "README.md:1: typo"]
    bench.make()
    assert (await bench.use("diagnostics")).text == "2 problems:\nsrc/app.py:4: bad name\nREADME.md:1: typo"
    assert (
        await bench.use("diagnostics", path="README.md")
    ).text == "1 problem in README.md:\nREADME.md:1: typo"


async def test_tests_are_run_and_reported_with_the_end_of_their_output(bench: Bench) -> None:
    red = TestReport(
        command=("node", "--test"), ran=True, passed=1, failed=1, exit_code=1,
        failures=("adds",), output="x" * 50_000 + "AssertionError: 3 != 4",
    )  # fmt: skip
    runner = Runner(GREEN, red)
    bench.make(runner)
    assert (await bench.use("run_tests")).text == (
        "2 passed, 0 failed, exit code 0 (python -m pytest).\nOutput:\n2 passed in 0.11s"
    )
    result = await bench.use("run_tests", files=["./tests/test_app.py"])
    assert result.ok
    assert result.text.startswith("1 passed, 1 failed, exit code 1 (node --test).\nfailed: adds\nOutput:\n…xxx")
    assert result.text.endswith("AssertionError: 3 != 4")
    assert len(result.text.encode()) <= ToolLimits().bytes_per_result
    assert runner.asked == [[], ["tests/test_app.py"]]


async def test_tests_that_could_not_run_say_why(bench: Bench) -> None:
    bench.make(Runner(TestReport(command=("npm", "test"), ran=False, output="npm is not installed")))
    assert (await bench.use("run_tests")).text == "No tests ran (npm test).\nnpm is not installed"


async def test_hidden_files_are_listed_but_neither_read_nor_searched(bench: Bench) -> None:
    bench.make(hidden=lambda path: path == "src/app.py")
    bench.problems = ["src/app.py:4: bad name", "README.md:1: typo"]
    assert "src/app.py" in (await bench.use("list_files")).text
    for path in ("src/app.py", "src/./app.py", ".//src/app.py"):
        result = await bench.use("read_file", path=path)
        assert (result.ok, "is not shown to you" in result.text) == (False, True)
    assert (await bench.use("search_text", pattern="home")).text == (
        "1 line found:\ntests/test_app.py:1: def test_home(): ..."
    )
    assert "bad name" not in (await bench.use("diagnostics")).text


async def test_a_repeated_call_is_noticed_and_answered_again_only_when_something_changed(bench: Bench) -> None:
    first = await bench.use("read_file", path="README.md")
    again = await bench.use("read_file", path="./README.md", first_line=1)
    assert (first.repeated, again.repeated, again.ok) == (False, False, True)
    again = await bench.use("read_file", path="README.md")
    assert (again.ok, again.repeated) == (True, True)
    assert again.text == "You made this very call before and its result is still the same; use that one."
    bench.buffers["README.md"] = "# Changed\n"
    changed = await bench.use("read_file", path="README.md")
    assert changed.repeated
    assert changed.text.startswith("You made this call before; its result has changed since.\nREADME.md")
    assert "1| # Changed" in changed.text
    assert (await bench.use("read_file", path="README.md")).text == again.text


async def test_defaults_written_out_make_the_same_call(bench: Bench) -> None:
    await bench.use("list_files")
    assert (await bench.use("list_files", glob="", limit=200)).repeated


async def test_a_failed_call_repeated_keeps_its_reason(bench: Bench) -> None:
    first = await bench.use("read_file", path="nope.py")
    again = await bench.use("read_file", path="nope.py")
    assert (again.ok, again.repeated) == (False, True)
    assert again.text.endswith(first.text)


async def test_a_test_run_that_differs_only_in_its_duration_is_a_repetition(bench: Bench) -> None:
    bench.make(Runner(GREEN, GREEN.model_copy(update={"output": "2 passed in 0.42s"})))
    await bench.use("run_tests")
    again = await bench.use("run_tests")
    assert again.repeated
    assert "still the same" in again.text


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("write_file", {}, "unknown tool 'write_file'; known: list_files, read_file, search_text, diagnostics"),
        ("run_tests", {}, "unknown tool 'run_tests'"),
        (
            "read_file",
            {},
            "path: Field required; it takes path (string), first_line (integer), last_line (integer)",
        ),
        ("read_file", {"file_path": "a"}, "file_path: Extra inputs are not permitted; it takes path"),
        ("read_file", {"path": "README.md", "first_line": 0}, "first_line: Input should be greater than"),
        ("read_file", {"path": ["README.md"]}, "path: Input should be a valid string"),
        ("search_text", {"pattern": ""}, "pattern: String should have at least 1 character"),
        ("list_files", {"limit": "many"}, "limit: Input should be a valid integer"),
    ],
)
async def test_wrong_calls_are_answers_with_the_mend(
    bench: Bench, tool: str, arguments: dict[str, Any], sentence: str
) -> None:
    result = await bench.use(tool, **arguments)
    assert not result.ok
    assert sentence in result.text


async def test_numbers_as_text_are_understood(bench: Bench) -> None:
    assert (await bench.use("read_file", path="README.md", first_line="1")).ok


async def test_a_disk_fault_is_an_answer(tmp_path: Path) -> None:
    class Failing(Workspace):
        def files(self) -> list[str]:
            raise OSError("disk gone")

        def diagnostics(self, path: str | None = None) -> list[str]:
            raise WorkspaceError("the folder was removed; open it again")

    toolbox = Toolbox(Failing(tmp_path), None)
    for tool, reason in (("list_files", "disk gone"), ("diagnostics", "the folder was removed; open it again")):
        result = await toolbox.use(ToolCall(id="1", name=tool, arguments={}))
        assert result == ToolResult(reason, ok=False)


async def test_the_bytes_in_total_are_bounded(bench: Bench) -> None:
    for number in range(10):
        bench.write(f"{number}.txt", "é" * 100 + "\n" + "x\n" * 3_000)
    bench.make(limits=ToolLimits(bytes_per_result=3_000, bytes_in_total=8_000))
    results = [await bench.use("read_file", path=f"{number}.txt") for number in range(10)]
    told = sum(len(result.text.encode()) for result in results if result.ok)
    assert 6_000 < told <= 8_000
    assert not results[-1].ok
    assert "answer now" in results[-1].text


async def test_the_time_in_total_is_bounded(bench: Bench) -> None:
    bench.make(Runner(GREEN, GREEN, seconds=30), ToolLimits(seconds_in_total=0.3))
    result = await bench.use("run_tests")
    assert not result.ok
    assert "all the time left for tools; answer now" in result.text
    assert "answer now" in (await bench.use("list_files")).text


async def test_the_loop_goes_on_while_a_slow_disk_is_read(tmp_path: Path) -> None:
    class Slow(Workspace):
        def files(self) -> list[str]:
            time.sleep(0.3)
            return []

    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await Toolbox(Slow(tmp_path), None).use(ToolCall(id="1", name="list_files", arguments={}))
    ticking.cancel()
    assert ticks > 5


async def test_the_reading_map_tells_what_was_seen(bench: Bench) -> None:
    bench.write("ten.txt", "x\n" * 10)
    bench.make(Runner(GREEN))
    for first, last in ((1, 3), (8, 9), (3, 5), (6, 6)):
        await bench.use("read_file", path="ten.txt", first_line=first, last_line=last)
    await bench.use("read_file", path="nope.py")
    await bench.use("search_text", pattern="home", glob="src")
    await bench.use("list_files", glob="*.py")
    await bench.use("run_tests")
    assert json.loads(bench.toolbox.reading_map()) == {
        "read": {"ten.txt": [[1, 6], [8, 9]]},
        "searched": [{"pattern": "home", "glob": "src", "hits": 1}],
        "listed": ["*.py"],
        "testsRun": 1,
    }


async def test_a_toolbox_that_recalls_what_was_told_goes_on_as_if_never_interrupted(bench: Bench) -> None:
    """What the log keeps of each look, the call and what was told, is all it takes."""
    bench.write("ten.txt", "x\n" * 10)
    calls = [
        ("read_file", {"path": "ten.txt", "first_line": 1, "last_line": 3}),
        ("search_text", {"pattern": "home"}),
        ("read_file", {"path": "nope.py"}),
        ("read_file", {"path": "nope.py"}),
        ("write_file", {}),
        ("list_files", {"glob": "*.py"}),
        ("search_text", {"pattern": "home", "limit": 50}),
        ("search_text", {"pattern": "nowhere"}),
        ("run_tests", {}),
        ("run_tests", {}),
        ("read_file", {"path": "./ten.txt", "first_line": 2, "last_line": 6}),
    ]
    made = [ToolCall(id=str(at), name=name, arguments=arguments) for at, (name, arguments) in enumerate(calls)]

    async def use(toolbox: Toolbox, at: int) -> ToolResult:
        bench.write("src/app.py", "def home(): ...\n" if at < 6 else "home = 1\nhome = 2\n")
        return await toolbox.use(made[at])

    straight = bench.make(Runner(GREEN, GREEN))
    told = [await use(straight, at) for at in range(len(made))]
    for cut in range(len(made) + 1):
        resumed = bench.make(Runner(*[GREEN] * sum(call.name == "run_tests" for call in made[cut:])))
        for call, result in zip(made[:cut], told, strict=False):
            resumed.recall(call, result)
        assert [await use(resumed, at) for at in range(cut, len(made))] == told[cut:]
        assert resumed.reading_map() == straight.reading_map()
    assert json.loads(straight.reading_map()) == {
        "read": {"ten.txt": [[1, 6]]},
        "searched": [
            {"pattern": "home", "glob": "", "hits": 2},
            {"pattern": "home", "glob": "", "hits": 3},
            {"pattern": "nowhere", "glob": "", "hits": 0},
        ],
        "listed": ["*.py"],
        "testsRun": 2,
    }
    assert [result.repeated for result in told] == [False] * 3 + [
        True,
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]


async def test_the_bytes_told_before_an_interruption_count(bench: Bench) -> None:
    bench.write("big.txt", "x\n" * 3_000)
    limits = ToolLimits(bytes_per_result=3_000, bytes_in_total=3_500)
    bench.make(limits=limits)
    call = ToolCall(id="1", name="read_file", arguments={"path": "big.txt"})
    told = await bench.use("read_file", path="big.txt")
    spent = await bench.use("read_file", path="README.md")
    assert (spent.ok, "answer now" in spent.text) == (False, True)
    resumed = bench.make(limits=limits)
    resumed.recall(call, told)
    assert (await bench.use("list_files")).text == spent.text


async def test_a_call_that_is_no_longer_offered_is_recalled_all_the_same(bench: Bench) -> None:
    toolbox = bench.make()
    toolbox.recall(ToolCall(id="1", name="run_tests", arguments={}), ToolResult("2 passed", ok=True))
    assert json.loads(toolbox.reading_map())["testsRun"] == 0


def test_the_tools_offered_are_described_by_valid_schemas(bench: Bench) -> None:
    names = [spec.name for spec in bench.make(Runner()).specs()]
    assert names == ["list_files", "read_file", "search_text", "diagnostics", "run_tests"]
    assert [spec.name for spec in bench.make().specs()] == names[:-1]
    for spec in bench.make(Runner()).specs():
        Draft202012Validator.check_schema(spec.parameters)
        assert spec.parameters["additionalProperties"] is False
        assert spec.description.endswith(".")
        assert all(field["description"] for field in spec.parameters["properties"].values())
        assert "title" not in json.dumps(spec.parameters)
