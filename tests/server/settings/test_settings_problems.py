"""Whatever is wrong names itself, its source and the mend; all of it at once."""

import pytest


def test_a_misspelt_editor_setting_is_named_with_the_right_one(problems):
    assert problems({"maxParalel": 5}) == [
        "unknown setting 'orchestra.maxParalel' in the editor settings; did you mean 'orchestra.maxParallel'?"
    ]


def test_a_misspelt_variable_is_named_with_the_right_one(problems):
    assert problems(environ={"ORCHESTRA_MAX_PARALEL": "5"}) == [
        "unknown environment variable 'ORCHESTRA_MAX_PARALEL'; did you mean 'ORCHESTRA_MAX_PARALLEL'?"
    ]


def test_a_misspelt_setting_of_the_file_is_named_with_its_file(problems, user_file):
    assert problems(toml="[models]\nprojektManager = 'openai/x'") == [
        f"unknown setting 'models.projektManager' in the file {user_file}; "
        "did you mean 'models.projectManager'?"
    ]


def test_a_name_like_none_of_ours_gets_the_known_ones(problems):
    (said,) = problems({"zzz": 1})
    assert "known: orchestra." in said
    assert "orchestra.maxParallel" in said
    assert "ApiKey" not in said


def test_python_spelling_is_not_taken_for_ours(problems):
    (said,) = problems({"max_parallel": 3})
    assert "did you mean 'orchestra.maxParallel'?" in said


WRONG = [
    ("maxParallel", "MAX_PARALLEL", [0, 65, -1, 1.5, True, "12", [1]], ["0", "65", "x", "1.5", "1e3"]),
    ("maxRepairs", "MAX_REPAIRS", [-1, 21], ["-1", "many"]),
    ("deadline", "DEADLINE", [0, 3601, "fast", float("nan"), float("inf")], ["0", "nan", "inf", "1h"]),
    ("testTimeout", "TEST_TIMEOUT", [0.5, True], ["-3"]),
    ("offline", "OFFLINE", ["true", 1, 0.0], ["maybe", "2"]),
    ("stepwise", "STEPWISE", ["yes"], ["sometimes"]),
    ("testCommand", "TEST_COMMAND", [5, "pytest 'x", [1], [""], ["a\0b"]], ["pytest 'x", " "]),
    ("logLevel", "LOG_LEVEL", ["loud", 3], ["loud"]),
    ("models.debugger", "MODELS_DEBUGGER", ["gpt", "nobody/x", "openai/", 3], ["gpt", "openai"]),
    ("openaiWire", "OPENAI_WIRE", ["both"], ["both"]),
]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, _, values, _ in WRONG for value in values], ids=repr
)
def test_wrong_editor_values(problems, name, value):
    (said,) = problems({name: value})
    assert said.startswith(f"setting 'orchestra.{name}' in the editor settings is ")
    assert "; give " in said


@pytest.mark.parametrize(
    ("variable", "value"), [(name, value) for _, name, _, values in WRONG for value in values], ids=repr
)
def test_wrong_variables(problems, variable, value):
    (said,) = problems(environ={f"ORCHESTRA_{variable}": value})
    assert said.startswith(f"the environment variable ORCHESTRA_{variable} is {value!r}; give ")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("maxParallel = 99", "maxParallel"),
        ('sandbox = "weak"', "sandbox"),
        ('dataFolder = "../elsewhere"', "dataFolder"),
        ('dataFolder = "/"', "dataFolder"),
        ('dataFolder = "C:\\\\"', "dataFolder"),
        ("localModel = 1979-05-27", "localModel"),
        ('openaiBaseUrl = "ftp://x"', "openaiBaseUrl"),
        ('openaiBaseUrl = "http://"', "openaiBaseUrl"),
        ('openaiBaseUrl = "http://x:99999"', "openaiBaseUrl"),
        ('openaiBaseUrl = "http://[::1"', "openaiBaseUrl"),
        ('openaiBaseUrl = "localhost:11434"', "openaiBaseUrl"),
    ],
)
def test_wrong_values_of_the_file(problems, user_file, line, name):
    (said,) = problems(toml=line)
    assert said.startswith(f"setting {name!r} in the file {user_file} is ")
    assert "; give " in said


def test_a_group_given_as_a_value_and_a_value_given_as_a_group(problems):
    assert [said.split(";")[0] for said in problems({"models": "openai/x", "maxParallel": {"a": 1}})] == [
        "unknown setting 'orchestra.models' in the editor settings",
        "unknown setting 'orchestra.maxParallel.a' in the editor settings",
    ]


@pytest.mark.parametrize("odd", ["fast", 3, ["maxParallel"], True])
def test_editor_settings_that_are_no_group(problems, odd):
    (said,) = problems(odd)
    assert "give a group of names" in said


def test_all_problems_of_all_sources_are_told_together(problems):
    said = problems(
        {"maxParalel": 1, "deadline": 0},
        {"ORCHESTRA_DEADLINE": "never", "ORCHESTRA_X": "1", "OPENAI_API_KEY": "two words"},
        "maxRepairs = 99",
        'opneai = "k"',
    )
    assert len(said) == 7


def test_a_wrong_value_is_told_even_where_a_stronger_source_hides_it(problems):
    (said,) = problems({"maxParallel": 3}, {"ORCHESTRA_MAX_PARALLEL": "lots"})
    assert "ORCHESTRA_MAX_PARALLEL" in said


def test_a_flood_of_problems_is_cut(problems):
    said = problems({f"x{number}": 1 for number in range(500)})
    assert len(said) == 21
    assert said[-1] == "and 480 more problems of this kind"


def test_a_hostile_name_or_value_cannot_draw_on_the_terminal(problems):
    said = "\n".join(problems({"a\x1b[2J\nb": 1, "maxParallel": "\x1b]0;title\x07" + "9" * 1000}))
    assert "\x1b" not in said
    assert len(said.splitlines()) == 2
    assert max(map(len, said.splitlines())) < 1000


def test_a_model_for_a_server_of_ones_own_needs_the_server(problems):
    (said,) = problems(environ={"ORCHESTRA_LOCAL_MODEL": "qwen"})
    assert "set ORCHESTRA_LOCAL_BASE_URL too" in said


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("sandbox", "off", "ORCHESTRA_SANDBOX"),
        ("dataFolder", "/etc", "ORCHESTRA_DATA_FOLDER"),
        ("anthropicBaseUrl", "http://evil.example", "ANTHROPIC_BASE_URL"),
        ("localBaseUrl", "http://evil.example", "ORCHESTRA_LOCAL_BASE_URL"),
    ],
)
def test_an_opened_folder_cannot_redirect_keys_or_drop_the_guards(problems, name, value, mend):
    (said,) = problems({name: value})
    assert "an opened folder could set it" in said
    assert mend in said


class TestFiles:
    def test_broken_toml_is_told_by_place_only(self, problems, user_file):
        (said,) = problems(toml='maxParallel = 3\nmodels = sk-pasted-here"')
        assert (
            said == f'the file {user_file} is not TOML (at line 2, column 10); write one name = "value" a line'
        )

    def test_a_file_that_is_not_text(self, problems, load, user_file):
        load()
        user_file.write_bytes(b"\xff\xfe\x00")
        (said,) = problems()
        assert "not UTF-8 text" in said

    def test_a_folder_in_its_place(self, problems, load, user_file):
        load()
        user_file.mkdir()
        (said,) = problems()
        assert said.startswith(f"the file {user_file} cannot be read")

    def test_a_pipe_in_its_place_does_not_block(self, problems, load, user_file):
        import os

        load()
        os.mkfifo(user_file)
        (said,) = problems()
        assert "not a regular file" in said

    def test_a_huge_file(self, problems, load, user_file):
        load()
        user_file.write_bytes(b"#" * 1_000_001)
        (said,) = problems()
        assert "at most 1000000 are read" in said
