"""The log: one stream, one line a record, nothing that draws on a terminal."""

import io
import logging
import subprocess
import sys

import pytest

from codecompanion.server.logs import configure_logging
from codecompanion.server.settings.redaction import Redactor, one_line, plain
from codecompanion.server.settings.secret import Secret


@pytest.fixture
def configured(logging_put_back):
    """Configure logging on a stream."""

    def configure(level: str, **kwargs) -> io.StringIO:
        stream = io.StringIO()
        configure_logging(level, stream, **kwargs)
        return stream

    return configure


def test_lines_have_level_and_name(configured):
    stream = configured("info")
    logging.getLogger("codecompanion.x").info("hello %s", "you")
    logging.getLogger("codecompanion.x").debug("not this")
    assert stream.getvalue().endswith(" INFO codecompanion.x: hello you\n")
    assert stream.getvalue().count("\n") == 1


def test_configuring_again_replaces_the_stream(configured):
    old = configured("info")
    new = configured("info")
    logging.getLogger("x").warning("once")
    assert old.getvalue() == ""
    assert new.getvalue().count("once") == 1


def test_libraries_that_log_documents_are_quiet_except_at_debug(configured):
    stream = configured("info")
    logging.getLogger("httpx").info("POST https://…")
    logging.getLogger("pygls.protocol").info("a whole document")
    assert stream.getvalue() == ""
    stream = configured("debug")
    logging.getLogger("httpx").info("POST https://…")
    assert "POST" in stream.getvalue()


def test_a_message_cannot_forge_a_line_or_draw(configured):
    stream = configured("info")
    logging.getLogger("x").info("a\n2030-01-01 00:00:00 CRITICAL x: forged \x1b[31mred\x1b]0;title\x07\u202e")
    first, second = stream.getvalue().splitlines()
    assert first.endswith("INFO x: a")
    assert second == "    2030-01-01 00:00:00 CRITICAL x: forged red"


def test_known_keys_are_hidden_in_tracebacks(configured):
    stream = configured("info", redact=Redactor([Secret("top-secret-value")]))
    try:
        raise ValueError("with top-secret-value")
    except ValueError:
        logging.getLogger("x").exception("failed")
    assert "ValueError: with [hidden]" in stream.getvalue()


def test_a_record_that_cannot_be_formatted_is_named_not_dumped():
    code = (
        "import logging\n"
        "from codecompanion.server.logs import configure_logging\n"
        "configure_logging('info')\n"
        "logging.getLogger('x').info('%d', 'canary')\n"
    )
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr == "a log line of x line 4 could not be written: TypeError\n"


def test_a_log_that_cannot_be_written_stops_nobody(configured, capsys):
    stream = configured("info")
    stream.close()
    logging.getLogger("x").info("lost")
    assert capsys.readouterr().err == ""


def test_what_nobody_catches_is_logged_clean():
    code = (
        "import threading, warnings\n"
        "from codecompanion.server.logs import configure_logging, redactor\n"
        "from codecompanion.server.settings.secret import Secret\n"
        "redactor.learn([Secret('top-secret-value')])\n"
        "configure_logging('info')\n"
        "warnings.warn('careful with top-secret-value')\n"
        "def fail(): raise ValueError('in a thread: top-secret-value')\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "raise ValueError('at the top: top-secret-value')\n"
    )
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "careful with [hidden]" in ended.stderr
    assert "in a thread: [hidden]" in ended.stderr
    assert "at the top: [hidden]" in ended.stderr
    assert "top-secret-value" not in ended.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\after", "after"),
        ("\x1b]0;never ended", "0;never ended"),
        ("bell\x07 null\x00 del\x7f", "bell null del"),
        ("tab\tand\nnewline\r\n", "tab\tand\nnewline\n"),
        ("\u202eright to left\u2066\u200b\ufeff", "right to left"),
        ("tags \U000e0041", "tags "),
        ("क\u094d\u200dष 👩\u200d💻 日本語", "क\u094d\u200dष 👩\u200d💻 日本語"),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected


def test_one_line_is_one_line_and_bounded():
    assert one_line("a\n b\t c") == "a b c"
    assert one_line("x" * 500, 10) == "xxxxxxxxx…"
