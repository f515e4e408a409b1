"""Generated projects are written to disk, pass their own tests, start and do what was asked for."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.templates.library import Templates

NASTY = (
    "constructor, class, import, order, group, select, delete, from, __proto__, to string, value, key, "
    'owner\'s "name", größe, 名前, naïve café (a\'b/c"d/`e`/$f), total (number), is new'
)
SERVICES = {
    "to-dos with a page": "an API service for a to-do list with a small web page",
    "loans": "an API service for library loans with member, book and due date",
    "every type": (
        "a REST API with a page for visits with starts at (datetime), day (date), hour (time), "
        "seats (integer), price (number), email, paid (boolean), kind (a/b/c), notes (long text) "
        "and title (required)"
    ),
    "six kinds of record": (
        "an API for a school: students (name, age), teachers (name, email), rooms (floor), "
        "lessons (teacher, room, date), exams (title, score), orders (group, select)"
    ),
    "nasty names": f"an API service for classes with {NASTY} and a web page",
    "only booleans": "an API for switches with is on, is new",
    "no letters of ASCII": "an API service for 名前 with 値段 (number) and 色",
}
APPS = {
    "expenses": "a web app to track expenses with amount, category (food/travel), date, paid and notes",
    "several kinds of record": (
        "a web app for a shop with products, suppliers and orders. Products have name, price and in stock. "
        "Orders have product, quantity, ordered at. Suppliers have name, email"
    ),
    "nasty names": f"a web app for constructors with {NASTY}",
    "only booleans": "a web app for switches with is on, is new",
}
PIPELINES = {
    "sales": (
        "a data pipeline for sales with date, region, product, quantity and price; sums price and averages "
        "quantity by region and month"
    ),
    "nasty names": f"a data pipeline for orders with {NASTY}; count per group and sum total by class",
    "only checks": "a pipeline to clean a CSV of contacts with name, email, phone and joined on",
    "one column": "data pipeline that counts visits by country",
    "every measure": (
        "a data pipeline for readings with sensor, value, at (datetime), ok (boolean); "
        "minimum and maximum and average value by sensor, ok and week"
    ),
}


def build(request: str, folder: Path) -> Plan:
    order = RunOrder(kind="project", request=request, workspace=str(folder))
    library = Templates()
    plan = library.plan(order)
    for task in plan.tasks:
        for path, text in library.files(order, task.id):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            assert not target.exists()
            target.write_text(text, encoding="utf-8")
    return plan


def run(folder: Path, *command: str) -> str:
    """Run a command in the project, with nothing of ours to import; return what it printed."""
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def python_tests(folder: Path) -> str:
    return run(folder, sys.executable, "-W", "error", "-m", "unittest", "discover")


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[str]:
    """Start a Python program of the project and give the address it prints."""
    process = subprocess.Popen(
        [sys.executable, *arguments, "--port", "0"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def call(url: str, method: str = "GET", data: object = None) -> tuple[int, str]:
    body = None if data is None else json.dumps(data).encode()
    request = Request(url, data=body, method=method, headers={"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_passes_its_own_tests(name, tmp_path):
    plan = build(SERVICES[name], tmp_path)
    said = python_tests(tmp_path)
    assert said.rstrip().endswith("OK") and "Ran 0 tests" not in said
    assert "No model was used" in plan.summary


@pytest.mark.needs("node")
@pytest.mark.parametrize("name", ["to-dos with a page", "every type", "nasty names"])
def test_the_page_of_a_service_passes_its_own_tests(name, tmp_path):
    build(SERVICES[name], tmp_path)
    assert "# fail 0" in run(tmp_path, "node", "--test")


@pytest.mark.needs("node")
@pytest.mark.parametrize("name", APPS)
def test_an_app_passes_its_own_tests(name, tmp_path):
    build(APPS[name], tmp_path)
    said = run(tmp_path, "node", "--test")
    assert "# fail 0" in said and "# tests 0" not in said
    run(tmp_path, "node", "--check", "src/view.js")


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_passes_its_own_tests(name, tmp_path):
    build(PIPELINES[name], tmp_path)
    said = python_tests(tmp_path)
    assert said.rstrip().endswith("OK") and "Ran 0 tests" not in said


def test_a_service_keeps_what_it_is_sent(tmp_path):
    build(SERVICES["loans"], tmp_path)
    loan = {"member": "'; DROP TABLE loans; --", "book": "<script>", "due_date": "2026-03-01"}
    with started(tmp_path, "-m", "loan_api", "--database", "loans.db") as address:
        assert call(f"{address}api/loans", "POST", loan) == (201, json.dumps({"id": 1, **loan}))
        status, said = call(f"{address}api/loans", "POST", {"member": "", "due_date": "soon"})
        assert status == 400
        assert json.loads(said)["error"]["fields"] == {
            "member": "Member is needed",
            "due_date": "write a date such as 2026-01-31",
        }
        assert call(f"{address}api/todos")[0] == 404
    with started(tmp_path, "-m", "loan_api", "--database", "loans.db") as address:
        assert json.loads(call(f"{address}api/loans?q=drop%20table")[1])["items"] == [{"id": 1, **loan}]


def test_a_service_says_why_it_cannot_start(tmp_path):
    build(SERVICES["loans"], tmp_path)
    for arguments, words in (
        (("--database", "."), "cannot open the database"),
        (("--port", "99999"), "is not a port"),
        (("--port", "0", "--host", "256.0.0.1"), "cannot listen on"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "loan_api", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert words in done.stderr and "Traceback" not in done.stderr


@pytest.mark.needs("chromium")
def test_the_page_shows_records_as_text_in_a_real_browser(tmp_path):
    build(SERVICES["to-dos with a page"], tmp_path)
    with started(tmp_path, "-m", "todo_api", "--database", "todos.db") as address:
        call(f"{address}api/todos", "POST", {"title": '<b>Tea</b> & "cake"', "due_date": "2026-03-01"})
        seen = rendered(address, tmp_path)
    assert '&lt;b&gt;Tea&lt;/b&gt; &amp; "cake"' in seen
    assert "2026-03-01" in seen and "Add to-do" in seen


@pytest.mark.needs("chromium")
def test_an_app_opens_in_a_real_browser(tmp_path):
    build(APPS["several kinds of record"], tmp_path)
    with started(tmp_path, "serve.py") as address:
        seen = rendered(address, tmp_path)
    assert "Nothing here yet. “Add product” makes the first one." in seen
    assert all(f">{title}</button>" in seen for title in ("Products", "Suppliers", "Orders"))


def rendered(address: str, folder: Path) -> str:
    """The page as the browser has it once its scripts have run."""
    return run(
        folder,
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={folder / 'browser'}",
        "--virtual-time-budget=3000",
        "--dump-dom",
        address,
    )


def test_a_pipeline_works_on_files_of_its_own_making(tmp_path):
    build(PIPELINES["sales"], tmp_path)
    (tmp_path / "in.csv").write_text(
        "Date;Region;Product;Quantity;Price\n"
        "2026-01-02;North;Lamp;2;0.1\n"
        "2026-01-30;North;Desk;4;0.2\n"
        "soon;North;Desk;1;5\n"
        "2026-02-01;South;Desk;;7\n"
        "2026-02-01;South\n",
        encoding="utf-8",
    )
    command = (sys.executable, "-m", "sale_pipeline", "in.csv", "--output", "out.csv", "--problems", "bad.json")
    said = run(tmp_path, *command)
    assert "3 rows used, 2 refused, 2 written to out.csv" in said
    assert "line 4, date: 'soon' is not a date such as 2026-01-31" in said
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"region": "North", "date_month": "2026-01", "sum_price": "0.3", "average_quantity": "3"},
            {"region": "South", "date_month": "2026-02", "sum_price": "7", "average_quantity": ""},
        ]
    problems = json.loads((tmp_path / "bad.json").read_text(encoding="utf-8"))
    assert [problem["line"] for problem in problems] == [4, 6]
