"""Which files are protected from mending, for whom, and what is said of it."""

import pytest

from codecompanion.contracts.orders import RunOrder
from codecompanion.orchestra.weakening.policy import (
    claim_in,
    is_about_tests,
    is_test_file,
    refusal,
    weakened,
)

GO = 'func TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Errorf("no sum")\n\t}\n}\n'
RUST = "pub fn add(a: i32) {}\n\n#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n}\n"
JAVA = "class AddTest {\n  @Test\n  void adds() {\n    assertEquals(3, add(1, 2));\n  }\n}\n"
RUBY = 'it "adds" do\n  expect(add(1, 2)).to eq(3)\nend\n'


def order(kind: str, request: str = "", path: str | None = None) -> RunOrder:
    place = {"path": path} if path else None
    return RunOrder.model_validate({"kind": kind, "request": request, "workspace": "/w", "place": place})


@pytest.mark.parametrize(
    ("path", "before", "after", "named"),
    [
        ("add_test.go", GO, GO.replace("TestAdd", "testingAdd"), "'TestAdd' would be gone"),
        ("add_test.go", GO, GO.replace("\tif", '\tt.Skip("later")\n\tif'), "'t.Skip' would be added"),
        ("add_test.go", GO, GO.replace('\t\tt.Errorf("no sum")\n', ""), "would check less"),
        ("src/lib.rs", RUST, RUST.replace("#[test]", "#[test]\n#[ignore]"), "'#[ignore' would be added"),
        ("src/lib.rs", RUST, RUST.replace("#[test]\n", ""), "'adds' would be gone"),
        ("AddTest.java", JAVA, JAVA.replace("@Test", "@Test\n  @Disabled"), "'@Disabled' would be added"),
        ("AddTest.java", JAVA, JAVA.replace("assertEquals(3, add(1, 2))", "assertTrue(true)"), "check less"),
        ("AddTest.java", JAVA, JAVA.replace("    assert", "    // assert"), "check less"),
        ("spec/add_spec.rb", RUBY, RUBY.replace("it ", "xit "), "'adds' would be gone"),
        ("spec/add_spec.rb", RUBY, "", "'adds' would be gone"),
    ],
)
def test_in_other_languages_words_are_counted(path: str, before: str, after: str, named: str) -> None:
    assert before != after
    assert named in "; ".join(weakened(path, before, after))
    assert weakened(path, before, before) == []
    assert weakened(path, after, before) == []


@pytest.mark.parametrize(
    ("path", "before", "after", "key"),
    [
        ("pyproject.toml", "", "[tool.pytest.ini_options]\naddopts = '--deselect test_a.py'\n", "addopts"),
        ("pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = ['tests']\n", "", "testpaths"),
        ("pytest.ini", None, "[pytest]\npython_functions = no_*\n", "python_functions"),
        ("setup.cfg", "", "[tool:pytest]\naddopts = --ignore=tests\n", "addopts"),
        ("tox.ini", "", "[pytest]\nnorecursedirs = tests\n", "norecursedirs"),
        (
            "package.json",
            '{"scripts": {"test": "node --test"}}',
            '{"scripts": {"test": "true"}}',
            "scripts.test",
        ),
        ("package.json", "{}", '{"scripts": {"test": "true"}}', "scripts.test"),
        ("package.json", "{}", '{"jest": {"testPathIgnorePatterns": ["."]}}', "jest"),
        ("Makefile", "test:\n\tpytest\n", "test:\n\ttrue\n", "test"),
        ("Makefile", "all: x\n\ntest: x\n\tpytest\n\nx:\n\tcc\n", "all: x\n\ntest:\n\t-pytest\n", "test"),
    ],
)
def test_settings_that_choose_tests_stay(path: str, before: str | None, after: str, key: str) -> None:
    assert weakened(path, before, after) == [
        f"the setting {key!r}, which says what tests are run, would be changed"
    ]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pyproject.toml", "[project]\nname = 'a'\n", "[project]\nname = 'a'\ndependencies = []\n"),
        ("pyproject.toml", "", "[tool.pytest.ini_options]\npythonpath = ['src']\n"),
        ("package.json", '{"scripts": {"test": "x"}}', '{"type": "module", "scripts": {"test": "x"}}'),
        ("Makefile", "test:\n\tpytest\n\nx:\n\tcc\n", "test:\n\tpytest\n\nx:\n\tcc -O2\n"),
        ("conftest.py", None, "import sys\n\nsys.path.insert(0, 'src')\n"),
        ("calc.py", "def test_speed(): assert 1\n", "x = 1\n"),
        ("README.md", "test\n", "it\n"),
    ],
)
def test_other_settings_and_files_may_change(path: str, before: str | None, after: str) -> None:
    assert weakened(path, before, after, word_for_word=True) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("conftest.py", "def pytest_collection_modifyitems(items): items.clear()\n"),
        ("tests/conftest.py", "collect_ignore_glob = ['*']\n"),
        ("pytest.py", "x = 1\n"),
        ("unittest/__init__.py", ""),
        ("src/sitecustomize.py", "x = 1\n"),
        ("jest.config.js", "module.exports = {};\n"),
        (".mocharc.json", "{}"),
    ],
)
def test_a_new_file_that_leaves_tests_out_or_stands_in_for_their_program_is_named(path: str, text: str) -> None:
    assert weakened(path, None, text)


def test_what_tests_read_stays_where_their_tests_are_the_order() -> None:
    assert weakened("tests/data/expected.json", "1", "2", word_for_word=True)
    assert weakened("tests/data/expected.json", "1", "2") == []
    assert weakened("tests/data/new.json", None, "2", word_for_word=True) == []


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("test_a.py", True),
        ("a_test.py", True),
        ("tests/helpers.py", True),
        ("src/pkg/tests.py", True),
        ("conftest.py", True),
        ("a.spec.tsx", True),
        ("__tests__/a.js", True),
        ("AddTest.java", True),
        ("calc.py", False),
        ("latest.py", False),
        ("src/contest.js", False),
        ("attestation/a.py", False),
    ],
)
def test_files_of_tests_are_known_by_their_paths(path: str, is_one: bool) -> None:
    assert is_test_file(path) is is_one


@pytest.mark.parametrize(
    ("asked", "free"),
    [
        (order("tests", "for calc.py"), True),
        (order("change", "tidy up", "tests/test_a.py"), True),
        (order("fix", "", "test_a.py"), True),
        (order("change", "remove the flaky tests"), True),
        (order("change", "Rename test_adds to test_sums"), True),
        (order("change", "update the tests for the new API"), True),
        (order("change", "fix the failing tests"), False),
        (order("change", "change calc.py so that the tests pass"), False),
        (order("change", "update calc.py until tests pass"), False),
        (order("change", "make add faster; the tests must pass"), False),
        (order("fix", "remove the failing tests"), False),
        (order("fix"), False),
        (order("project", "a to-do list, change the tests later"), False),
    ],
)
def test_the_rule_rests_only_where_the_is_about_tests(asked: RunOrder, free: bool) -> None:
    assert is_about_tests(asked) is free


def test_a_claim_is_one_line_that_begins_with_the_words() -> None:
    assert claim_in("I looked.\nTEST IS WRONG: test_a expects 2 for an even count.\nBye") == (
        "test_a expects 2 for an even count."
    )
    assert claim_in("**TEST IS WRONG:** test_a") == "test_a"
    assert claim_in("the TEST IS WRONG: test_a") == ""
    assert claim_in("TEST IS WRONG:\n") == ""


def test_a_refusal_names_what_would_be_weaker_and_the_way_out() -> None:
    first, _, help_ = refusal([f"reason {number}" for number in range(10)]).partition("\n")
    assert first.startswith("this would weaken the tests: reason 0; reason 1; ")
    assert first.endswith("and 2 more.")
    assert "TEST IS WRONG: " in help_
