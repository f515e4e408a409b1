"""Each source gives settings, and the stronger one wins."""

import pytest


def test_the_defaults_hold_when_nothing_is_given(load):
    settings = load()
    assert (settings.max_parallel, settings.max_repairs, settings.data_folder) == (12, 3, ".orchestra")
    assert settings.key("openai") is None
    assert settings.origin("maxParallel") is None


@pytest.mark.parametrize(
    "editor",
    [
        {"maxParallel": 4, "models": {"debugger": "openai/some-model"}},
        {"orchestra": {"maxParallel": 4, "models": {"debugger": "openai/some-model"}}},
        {"orchestra.maxParallel": 4, "orchestra.models.debugger": "openai/some-model"},
        {"maxParallel": 4, "models.debugger": "openai/some-model"},
        {"orchestra": {"maxParallel": 4, "models.debugger": "openai/some-model"}},
    ],
    ids=["nested", "with the section", "dotted", "dotted without the section", "mixed"],
)
def test_editors_may_nest_or_dot_the_names(load, editor):
    settings = load(editor)
    assert settings.max_parallel == 4
    assert settings.models.debugger == "openai/some-model"
    assert settings.origin("models.debugger") == "the editor settings"


@pytest.mark.parametrize("nothing", [None, {}, [], {"models": {}}, {"maxParallel": None}, {"testCommand": ""}])
def test_what_an_editor_leaves_open_is_not_set(load, nothing):
    assert load(nothing) == load()


def test_settings_of_the_thin_clients_are_left_to_them(load):
    assert load({"trace": {"server": "verbose"}, "client": {"path": "/usr/bin/orchestra"}}) == load()


def test_the_environment_gives_text_of_every_type(load):
    settings = load(
        environ={
            "ORCHESTRA_MAX_PARALLEL": "7",
            "ORCHESTRA_DEADLINE": "12.5",
            "ORCHESTRA_OFFLINE": "yes",
            "ORCHESTRA_TEST_COMMAND": "python -m pytest -k 'a and b'",
            "ORCHESTRA_MODELS_UI_DESIGNER": "local/qwen/qwen2.5-coder:7b",
            "ORCHESTRA_LOG_LEVEL": "DEBUG",
            "ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:11434/v1",
            "ORCHESTRA_LOCAL_MODEL": "qwen",
            "OPENAI_BASE_URL": "https://gateway.example/v1",
            "UNRELATED": "x",
        }
    )
    assert settings.max_parallel == 7
    assert settings.deadline == 12.5
    assert settings.offline is True
    assert settings.test_command == ("python", "-m", "pytest", "-k", "a and b")
    assert settings.models.ui_designer == "local/qwen/qwen2.5-coder:7b"
    assert settings.log_level == "debug"
    assert (settings.local_base_url, settings.local_model) == ("http://127.0.0.1:11434/v1", "qwen")
    assert settings.openai_base_url == "https://gateway.example/v1"
    assert settings.origin("openaiBaseUrl") == "the environment variable OPENAI_BASE_URL"


def test_an_empty_variable_is_not_set(load):
    assert load(environ={"OPENAI_API_KEY": "", "ORCHESTRA_MAX_PARALLEL": ""}) == load()


def test_the_users_file_gives_settings_by_the_editors_names(load, user_file):
    settings = load(
        toml='maxRepairs = 5\ntestCommand = ["npm", "test"]\nsandbox = "off"\n'
        'geminiBaseUrl = "http://localhost:9"\n[models]\nprojectManager = "offline"\n'
    )
    assert settings.max_repairs == 5
    assert settings.test_command == ("npm", "test")
    assert settings.sandbox == "off"
    assert settings.gemini_base_url == "http://localhost:9"
    assert settings.models.project_manager == "offline"
    assert settings.origin("maxRepairs") == f"the file {user_file}"


def test_a_byte_order_mark_does_not_matter(load):
    assert load(toml="\ufeffmaxRepairs = 5").max_repairs == 5


def test_the_editor_is_stronger_than_the_environment_and_that_than_the_file(load):
    editor = {"maxParallel": 1}
    environ = {"ORCHESTRA_MAX_PARALLEL": "2", "ORCHESTRA_MAX_REPAIRS": "2"}
    toml = "maxParallel = 3\nmaxRepairs = 3\ndeadline = 3"
    settings = load(editor, environ, toml)
    assert (settings.max_parallel, settings.max_repairs, settings.deadline) == (1, 2, 3.0)
    assert settings.origin("maxParallel") == "the editor settings"
    assert settings.origin("maxRepairs") == "the environment variable ORCHESTRA_MAX_REPAIRS"


def test_the_roles_models_are_merged_one_by_one(load):
    settings = load(
        {"models": {"debugger": "openai/from-editor"}},
        {"ORCHESTRA_MODELS_DEBUGGER": "openai/from-env", "ORCHESTRA_MODELS_TEST_WRITER": "openai/from-env"},
        '[models]\ntestWriter = "openai/from-file"\ncodeGenerator = "openai/from-file"',
    )
    models = settings.models
    assert models.debugger == "openai/from-editor"
    assert models.test_writer == "openai/from-env"
    assert models.code_generator == "openai/from-file"
    assert models.ui_designer is None


def test_this_process_environment_is_never_read_unasked(load, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-process-itself")
    monkeypatch.setenv("ORCHESTRA_MAX_PARALLEL", "64")
    monkeypatch.setenv("MAX_PARALLEL", "64")
    assert load().max_parallel == 12
    assert load().openai_api_key is None


def test_settings_are_frozen(load):
    with pytest.raises(ValueError, match="frozen"):
        load().max_parallel = 3
