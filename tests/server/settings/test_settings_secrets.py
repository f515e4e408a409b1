"""Twenty canaries, every way out: not one may be seen."""

import copy
import io
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Iterator

import pytest

from codecompanion.server.logs import CleanFormatter, CleanHandler
from codecompanion.server.settings.describe import describe
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.problems import SettingsError
from codecompanion.server.settings.redaction import Redactor
from codecompanion.server.settings.routing import router_config
from codecompanion.server.settings.secret import Secret

MARK = "C4n4ry"
CANARIES = [
    f"sk-{MARK}0000000000000000000001",
    f"sk-proj-{MARK}_000-0000000000000002",
    f"sk-ant-api03-{MARK}-0000000000-0003",
    f"sk-or-v1-{MARK}0000000000000000004",
    f"AIzaSy{MARK}00000000000000000000000005",
    f"AQ.Ab8{MARK}0000000000000000000006",
    f"gsk_{MARK}000000000007",
    f"xai-{MARK}000000000008",
    f"hf_{MARK}00000000000009",
    f"eyJhbGciOiJIUzI1NiJ9.{MARK}.000000010",
    f"{MARK}-0000-4000-8000-000000000011",
    f"{MARK}deadbeefdeadbeef000012",
    f"{MARK}+/abc==00013",
    f"{MARK}.*[a-z](14)|$^",
    f"{MARK}%41%2F15",
    f"{MARK}&amp;<16>",
    f"{MARK}{{key}}%s17",
    f"{MARK}:user@18",
    f"{MARK}#,;!?~19",
    f"{MARK}20",
]
assert len(CANARIES) == len(set(CANARIES)) == 20


def _chain(fault: BaseException) -> Iterator[str]:
    """Everything an exception and those it hangs on can say."""
    yield "".join(traceback.format_exception(fault))
    link: BaseException | None = fault
    while link is not None:
        yield repr(link)
        yield repr(link.args)
        yield repr(vars(link))
        yield str(getattr(link, "errors", list)())
        link = link.__cause__ or link.__context__


def _refused(call) -> Iterator[str]:
    with pytest.raises(Exception) as refused:
        call()
    yield from _chain(refused.value)


def shown_values(load, canary):
    settings = load(environ=dict.fromkeys(("OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"), canary))
    assert settings.openai_api_key.reveal() == canary
    yield from (repr(settings), str(settings), f"{settings}", f"{settings!r:.500}", repr(vars(settings)))
    yield from (repr(list(settings)), repr(settings.secrets()), repr(settings.model_dump()))
    yield from (settings.model_dump_json(), json.dumps(settings.model_dump(mode="json")))
    yield repr(copy.deepcopy(settings)) + repr(settings.model_copy())
    yield from (repr(line) for line in describe(settings))
    yield from ("%s" % settings.openai_api_key, f"{settings.openai_api_key:>40}", "{}".format(settings))  # noqa: UP031, UP032
    yield repr(dir(settings.openai_api_key)) + repr(Secret.__slots__)


def pickles(load, canary):
    settings = load(environ={"OPENAI_API_KEY": canary})
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield from _refused(lambda protocol=protocol: pickle.dumps(settings, protocol))
        yield from _refused(lambda protocol=protocol: pickle.dumps(settings.openai_api_key, protocol))
    yield from _refused(settings.openai_api_key.__getstate__)
    yield from _refused(lambda: vars(settings.openai_api_key))
    yield from _refused(lambda: json.dumps(settings.openai_api_key))
    yield from _refused(lambda: pickle.dumps(Redactor(settings.secrets())))


def the_model_layers_configuration(load, canary):
    config = router_config(load(environ={"OPENAI_API_KEY": canary}))
    yield from (repr(config), str(config), config.model_dump_json(), repr(config.model_dump()))


def errors_about_other_settings(load, canary):
    environ = {"OPENAI_API_KEY": canary, "ORCHESTRA_MAX_PARALLEL": "99", f"ORCHESTRA_{MARK.upper()}": canary}
    yield from _refused(lambda: load({"maxParallel": 0}, environ, "x = 1", 'nobody = "x"'))


def errors_about_the_key_itself(load, canary):
    for bad in (f"{canary} {canary}", f'"{canary}"', f"{canary}\n{canary}", f"é{canary}"):
        yield from _refused(lambda bad=bad: load(environ={"OPENAI_API_KEY": bad}))
        yield from _refused(lambda bad=bad: load(keyring={"gemini": bad}))
        yield from _refused(lambda bad=bad: Settings(openai_api_key=bad))
        yield from _refused(lambda bad=bad: Settings.model_validate({"openai_api_key": bad, "offline": 7}))
    yield from _refused(lambda: Settings(openai_api_key=[canary]))
    yield from _refused(lambda: Settings(openai_api_key=canary, max_parallel=99))


def errors_about_keys_in_wrong_places(load, canary):
    yield from _refused(lambda: load({"openaiApiKey": canary, "orchestra.geminiApiKey": [canary]}))
    yield from _refused(lambda: load({"openaiApiKy": canary, "keys": {"openai": canary}}))
    yield from _refused(lambda: load(toml=f"openaiApiKey = {canary!r}\nopenaiKey = {canary!r}"))
    yield from _refused(lambda: load(environ={"ORCHESTRA_OPENAI_API_KEY": canary}))
    # a value that is wrong is shown, but not when it is a key that is known from another place
    yield from _refused(lambda: load({"logLevel": canary}, {"OPENAI_API_KEY": canary}))
    yield from _refused(
        lambda: load(environ={"OPENAI_BASE_URL": f"http://user:{canary}@[", "OPENAI_API_KEY": canary})
    )


def errors_about_files_that_hold_keys(load, canary):
    yield from _refused(lambda: load(keys=f"openai = {canary}"))
    yield from _refused(lambda: load(keys=f'openai = "{canary}\n'))
    yield from _refused(lambda: load(keys=f'"{canary}'))
    yield from _refused(lambda: load(keys=f'openai = "{canary}"\nopenai = "{canary}"'))
    yield from _refused(lambda: load(keys=f'openai = ["{canary}"]'))


def log_lines(load, canary):
    redact = Redactor(load(environ={"OPENAI_API_KEY": canary}).secrets())
    stream = io.StringIO()
    handler = CleanHandler(stream)
    handler.setFormatter(CleanFormatter(redact))
    log = logging.Logger("canaries")
    log.addHandler(handler)
    log.warning(canary)
    log.warning("key %s, headers %r", canary, {"Authorization": f"Bearer {canary}"})
    log.warning("not a number: %d", canary)
    log.warning("at %s", f"https://user:{canary}@host/?key={canary}", stack_info=True)
    try:
        raise ValueError(canary) from KeyError(canary)
    except ValueError:
        log.exception("a fault with %s", canary)
    lines = stream.getvalue()
    assert lines.count("[hidden]") >= 5
    assert "could not be written: " in lines
    yield lines


SINKS = [
    shown_values,
    pickles,
    the_model_layers_configuration,
    errors_about_other_settings,
    errors_about_the_key_itself,
    errors_about_keys_in_wrong_places,
    errors_about_files_that_hold_keys,
    log_lines,
]


@pytest.mark.parametrize("sink", SINKS)
def test_no_canary_gets_out(load, sink):
    hits = []
    for canary in CANARIES:
        with warnings.catch_warnings(record=True) as warned:
            said = [*sink(load, canary), *(str(warning.message) for warning in warned)]
        assert said
        hits += [text for text in said if MARK in text]
    assert hits == []


def test_secrets_compare_by_value_and_can_be_copied():
    secret = Secret("sk-x")
    assert secret == Secret("sk-x") != Secret("sk-y")
    assert len({secret, Secret("sk-x"), copy.copy(secret), copy.deepcopy(secret)}) == 1
    assert secret != "sk-x"


def test_settings_errors_survive_a_process_boundary():
    fault = pickle.loads(pickle.dumps(SettingsError(["one", "two"])))
    assert fault.problems == ["one", "two"]


class TestRedactor:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("key sk-abcdefghijklmnop1234 end", "key [hidden] end"),
            ("sk-ant-api03-abcdefghijklmnop", "[hidden]"),
            ("AIzaSyA1234567890abcdefghijklmnopqrstu", "[hidden]"),
            ("Authorization: Bearer abcdef123456.xyz", "Authorization: Bearer [hidden]"),
            ("authorization: bearer   abcdef123456", "authorization: bearer   [hidden]"),
            ("https://ada:s3cret@host/x", "https://[hidden]@host/x"),
            ("https://t0ken@host/x", "https://[hidden]@host/x"),
            ("https://host/x?key=abcdef123456&n=1", "https://host/x?key=[hidden]&n=1"),
            ("x-api-key: abcdef123456", "x-api-key: [hidden]"),
            ("'x-goog-api-key': 'abcdef123456'", "'x-goog-api-key': '[hidden]'"),
        ],
    )
    def test_key_shaped_text_is_hidden(self, text, expected):
        assert Redactor()(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "the bearer of this letter",
            "task-generation-of-a-long-name-here",
            "risk-assessment-and-so-on-and-on",
            "https://host/path?monkey=1",
            "mail ada@example.org",
            "a sketch of sk- keys",
        ],
    )
    def test_ordinary_text_is_left_alone(self, text):
        assert Redactor()(text) == text

    def test_a_key_that_begins_with_another_leaves_no_end_behind(self):
        redact = Redactor([Secret("abcdefgh"), Secret("abcdefghijkl")])
        assert redact("abcdefghijkl abcdefgh") == "[hidden] [hidden]"

    def test_keys_learnt_earlier_stay_hidden(self):
        redact = Redactor([Secret("old-secret-1")])
        redact.learn([Secret("new-secret-1")])
        assert redact("old-secret-1 new-secret-1") == "[hidden] [hidden]"

    def test_a_placeholder_is_not_torn_out_of_ordinary_text(self):
        assert Redactor([Secret("none")])("none of this") == "none of this"

    def test_long_text_takes_no_long_time(self):
        import time

        nasty = ("://" + "a" * 500) * 2000 + "sk-" * 100_000 + "bearer " * 50_000
        begun = time.process_time()
        Redactor([Secret("abcdefgh")])(nasty)
        assert time.process_time() - begun < 3
