"""The library as the offline provider sees it: plans, and the files of their tasks."""

import ast
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.contracts.errors import BadRequest, CannotBuild
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan
from codecompanion.contracts.ports import TemplateLibrary
from codecompanion.orchestra.templates.library import Templates

LIBRARY: TemplateLibrary = Templates()
SERVICE = "an API service for library loans with member, book and due date, and a small web page"
APP = "a web app to track expenses with amount, category and date"
PIPELINE = "a data pipeline for sales with region and amount that sums amount by region"


def order(request: str, **more: object) -> RunOrder:
    return RunOrder.model_validate({"kind": "project", "request": request, "workspace": "/w", **more})


def all_files(asked: RunOrder) -> dict[str, str]:
    plan = LIBRARY.plan(asked)
    return dict(pair for task in plan.tasks for pair in LIBRARY.files(asked, task.id))


def waits(plan: Plan) -> dict[str, set[str]]:
    return {task.id: set(task.depends_on) for task in plan.tasks}


@pytest.mark.parametrize("request_text", [SERVICE, APP, PIPELINE])
def test_every_file_belongs_to_one_task_and_is_made_for_it(request_text):
    asked = order(request_text)
    plan = LIBRARY.plan(asked)
    planned = [path for task in plan.tasks for path in task.files]
    assert len(set(planned)) == len(planned)
    for task in plan.tasks:
        assert tuple(path for path, _ in LIBRARY.files(asked, task.id)) == task.files
        assert task.files and task.acceptance and task.role != Role.DEBUGGER


@pytest.mark.parametrize("request_text", [SERVICE, APP, PIPELINE])
def test_the_same_order_always_gives_the_same_answer(request_text):
    asked = order(request_text)
    assert LIBRARY.plan(asked) == Templates().plan(asked)
    assert all_files(asked) == all_files(asked)


def test_independent_tasks_do_not_wait_for_each_other():
    assert waits(LIBRARY.plan(order(SERVICE))) == {
        "records": set(),
        "storage": {"records"},
        "service": {"records", "storage"},
        "start": {"service"},
        "page": {"records"},
        "tests": set(),
        "page-tests": set(),
    }
    assert waits(LIBRARY.plan(order(APP))) == {
        "model": set(),
        "storage": {"model"},
        "page": {"model"},
        "start": set(),
        "tests": set(),
    }
    assert waits(LIBRARY.plan(order(PIPELINE))) == {
        "rows": set(),
        "files": {"rows"},
        "summary": {"rows"},
        "command": {"rows", "files", "summary"},
        "tests": set(),
    }


def test_each_task_goes_to_the_agent_of_its_kind():
    roles = {task.id: task.role for task in LIBRARY.plan(order(SERVICE)).tasks}
    assert roles["page"] == Role.UI_DESIGNER
    assert roles["tests"] == roles["page-tests"] == Role.TEST_WRITER
    assert {roles[name] for name in ("records", "storage", "service", "start")} == {Role.CODE_GENERATOR}


def test_the_page_is_made_only_when_it_is_wished_for():
    plain = LIBRARY.plan(order("an API service for loans with member and book"))
    assert not any(task.role == Role.UI_DESIGNER for task in plan_tasks(plain))
    assert not any(path.endswith((".html", ".mjs")) for task in plan_tasks(plain) for path in task.files)


def plan_tasks(plan: Plan) -> list:
    return list(plan.tasks)


def test_the_request_names_what_is_built():
    files = all_files(order(SERVICE))
    assert {"loan_api/models.py", "tests/test_loans_api.py", "loan_api/static/index.html"} <= set(files)
    everything = "\n".join([*files, *files.values()]).lower()
    assert "due_date" in everything
    assert "todo" not in everything and "to-do" not in everything


def test_the_plan_says_that_no_model_was_used_and_what_was_assumed():
    plan = LIBRARY.plan(order("an API service for loans with login, written in Flask"))
    assert plan.summary.startswith("No model was used: this is the 'api service' template")
    assert "Assumed: The request names no fields for loans, so they have member, book" in plan.summary
    assert plan.left_out == ("login and user accounts", "a web framework (it uses none)")


@pytest.mark.parametrize(
    ("request_text", "level"),
    [
        ("an API service for books with title", "small"),
        ("an API service for students, teachers and rooms with a web page", "medium"),
        ("an API for a school with students, teachers, rooms, lessons, exams and buses", "large"),
        ("a web app for books with title", "small"),
    ],
)
def test_how_hard_a_request_is_comes_with_reasons(request_text, level):
    complexity = LIBRARY.plan(order(request_text)).complexity
    assert complexity.level == level
    assert "of record with" in complexity.reasons[0]


@pytest.mark.parametrize("kind", ["change", "tests", "fix", "design", "simulation"])
def test_work_on_existing_code_needs_a_model(kind):
    with pytest.raises(CannotBuild) as caught:
        LIBRARY.plan(order(SERVICE, kind=kind))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "ORCHESTRA_LOCAL_BASE_URL"):
        assert name in str(caught.value)
    with pytest.raises(CannotBuild):
        LIBRARY.files(order(SERVICE, kind=kind), "records")


def test_bad_names_say_what_is_known():
    with pytest.raises(BadRequest, match="unknown task 'paint'; known: records, storage, service"):
        LIBRARY.files(order(SERVICE), "paint")
    with pytest.raises(BadRequest, match="unknown template 'game'; known: web app"):
        LIBRARY.plan(order(SERVICE, template="game"))


def test_a_given_template_is_taken():
    files = all_files(order("loans with member and book", template="Web-App"))
    assert "src/schema.js" in files


@settings(max_examples=25)
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), max_size=8))
def test_whatever_is_named_the_files_are_well_formed(words):
    """Python must parse, JSON must load, and no word may end a string, a tag or a comment early."""
    request = f"an API service for loans with member, {', '.join(words)} and a web page"
    for path, text in all_files(order(request, template="api service")).items():
        assert text.endswith("\n") and "{{" not in text and "{%" not in text
        if path.endswith(".py"):
            ast.parse(text)


@settings(max_examples=25)
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), max_size=8))
def test_the_other_templates_are_well_formed_too(words):
    fields = ", ".join(["amount", *words])
    for template in ("web app", "data pipeline"):
        try:
            files = all_files(order(f"expenses with {fields}", template=template))
        except CannotBuild:
            continue
        for path, text in files.items():
            if path.endswith(".py"):
                ast.parse(text)
            if path.endswith(".json"):
                assert json.loads(text)["type"] == "module"
