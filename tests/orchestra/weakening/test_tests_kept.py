"""What agents that do not mend may do to tests that were there before: change them, but not take them out."""

from typing import Any

import pytest

from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.orchestra.weakening.keeping import taken_out
from codecompanion.orchestra.weakening.objections import objection_of

PY = "def test_a():\n    assert add(1, 2) == 3\n\n\ndef test_b():\n    assert add(0, 0) == 0\n"
JS = "test('a', () => { expect(add(1, 2)).toBe(3); });\ntest('b', () => { expect(add(0, 0)).toBe(0); });\n"
GO = 'func TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Errorf("no sum")\n\t}\n}\n'
B_GONE = PY[: PY.index("\n\ndef test_b")] + "\n"


@pytest.mark.parametrize(
    ("path", "before", "after", "named"),
    [
        ("test_a.py", PY, B_GONE, "the test 'test_b' would be gone"),
        ("test_a.py", PY, "", "the test 'test_a' would be gone"),
        (
            "test_a.py",
            PY,
            PY.replace("def test_b", "@pytest.mark.skip\ndef test_b"),
            "put under '@pytest.mark.skip'",
        ),
        ("test_a.py", PY, PY.replace("def test_b", "@pytest.mark.xfail(reason='x')\ndef test_b"), "xfail"),
        (
            "test_a.py",
            PY,
            PY.replace("assert add(0, 0) == 0", "pytest.skip('later')"),
            "no assertion that can fail",
        ),
        ("test_a.py", PY, PY.replace("assert add(0, 0) == 0", "assert True"), "no assertion that can fail"),
        ("test_a.py", PY, PY.replace("def test_b", "def check_b"), "the test 'test_b' would be gone"),
        ("a.test.js", JS, JS.replace("test('b'", "test.skip('b'"), "put under 'test.skip'"),
        ("a.test.js", JS, JS.replace("test('b'", "xtest('b'"), "'xtest' would be added"),
        ("a.test.js", JS, JS.replace("test('a'", "test.only('a'"), "put under 'test.only'"),
        ("a.test.js", JS, JS[: JS.index("test('b'")], "the test 'b' would be gone"),
        ("add_test.go", GO, GO.replace("\tif", '\tt.Skip("later")\n\tif'), "'t.Skip' would be added"),
    ],
)
def test_a_test_that_goes_or_is_switched_off_is_named(path: str, before: str, after: str, named: str) -> None:
    assert before != after
    assert named in "; ".join(taken_out(path, before, after, "make add faster"))
    assert taken_out(path, None, after, "make add faster") == []
    assert taken_out("notes.md", before, after, "make add faster") == []


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("test_a.py", PY, PY.replace("== 3", "== 4")),
        ("test_a.py", PY, PY.replace("== 3", "> 2")),
        ("test_a.py", PY, PY.replace("def test_b", "def test_of_nothing")),
        ("test_a.py", PY, PY.replace("add", "plus")),
        (
            "test_a.py",
            PY,
            PY + "\n\n@pytest.mark.skipif(WINDOWS, reason='x')\ndef test_c():\n    assert add(1) == 1\n",
        ),
        (
            "test_a.py",
            PY,
            PY.replace(
                "def test_b():\n    assert add",
                "@pytest.mark.asyncio\nasync def test_b():\n    assert await add",
            ),
        ),
        ("a.test.js", JS, JS.replace("toBe(3)", "toEqual([3])")),
        ("a.test.js", JS, JS + "test.skip('c', () => { expect(add()).toBe(0); });\n"),
        ("add_test.go", GO, GO.replace("3", "4")),
    ],
)
def test_what_a_test_expects_may_change_and_tests_may_come(path: str, before: str, after: str) -> None:
    assert before != after
    assert taken_out(path, before, after, "make add faster") == []


@pytest.mark.parametrize(
    "request_text",
    [
        "Remove the function zero",
        "replace add by plus",
        "refactor the module",
        "Rename b to c",
        "port it to trio",
    ],
)
def test_a_request_that_takes_away_lets_tests_go_but_not_be_switched_off(request_text: str) -> None:
    assert taken_out("test_a.py", PY, B_GONE, request_text) == []
    assert taken_out("test_a.py", PY, PY.replace("def test_b", "@pytest.mark.skip\ndef test_b"), request_text)


def objects(role: Role, after: str, *, bases: dict[str, str | None] | None = None, **order: Any) -> bool:
    given = RunOrder.model_validate(
        {"kind": "change", "request": "make add faster", "workspace": "/w", **order}
    )
    objection = objection_of(role, given, lambda: bases or {}, word_for_word=False)
    return objection is not None and objection("test_a.py", PY, after) != ""


@pytest.mark.parametrize("kind", ["project", "change", "design"])
def test_each_role_has_its_rule(kind: str) -> None:
    looser = PY.replace("== 0", ">= 0")
    for role in (Role.CODE_GENERATOR, Role.UI_DESIGNER):
        assert (objects(role, B_GONE, kind=kind), objects(role, looser, kind=kind)) == (True, False)
    assert objects(Role.DEBUGGER, looser, kind=kind)
    assert not objects(Role.TEST_WRITER, B_GONE, kind=kind)


def test_whoever_mends_may_not_weaken_whatever_its_role() -> None:
    assert objects(Role.CODE_GENERATOR, PY.replace("== 0", ">= 0"), kind="fix")


def test_the_rule_rests_for_tests_of_this_run_and_where_tests_are_asked_for() -> None:
    assert not objects(Role.CODE_GENERATOR, B_GONE, bases={"test_a.py": None})
    assert objects(Role.CODE_GENERATOR, B_GONE, bases={"test_a.py": PY})
    for order in ({"kind": "tests"}, {"request": "delete the flaky tests"}, {"place": {"path": "test_a.py"}}):
        assert not objects(Role.CODE_GENERATOR, "", **order)
    assert not objects(Role.CODE_GENERATOR, "", kind="project", request="rewrite the unit tests")
