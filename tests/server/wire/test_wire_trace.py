"""`$/logTrace`: as much as the client asked for, nothing before or after, and no contents at "messages"."""

import json
import logging
import re

import pytest

from codecompanion.server.wire.envelope import Request
from codecompanion.server.wire.tracer import Tracer

TEXT = "the text of a file"


def traced(client) -> list[dict[str, str]]:
    return [message["params"] for message in client.of_method("$/logTrace")]


def said(client) -> list[str]:
    return [params["message"] for params in traced(client)]


def busy(client) -> None:
    """Have messages of every kind in both directions."""
    client.open("file:///a.py", TEXT)
    client.command("probe.echo", TEXT)
    client.call("probe/unknown", {"secret": TEXT})
    asked = client.start_command("probe.ask", "workspace/configuration", {"items": [{"section": TEXT}]}, None)
    question = client.wait_method("workspace/configuration")
    client.send({"jsonrpc": "2.0", "id": question["id"], "result": [{"key": TEXT}]})
    client.answer_to(asked)
    client.drain()


@pytest.mark.parametrize("params", [{}, {"trace": "off"}, {"trace": None}, {"trace": "loud"}, {"trace": []}])
def test_nothing_is_traced_unless_asked_for(connect, params):
    client = connect()
    client.initialize(**params)
    busy(client)
    assert traced(client) == []


@pytest.mark.parametrize("level", ["messages", "compact"])
def test_messages_are_named_and_timed_and_never_shown(connect, level):
    client = connect()
    client.initialize(trace=level)
    busy(client)
    lines = said(client)
    wanted = [
        "received notification 'textDocument/didOpen'",
        "received request 'workspace/executeCommand'",
        "sent request 'workspace/configuration'",
        "received answer to 'workspace/configuration'",
        "sent answer to 'workspace/executeCommand'",
        "sent error -32601 to 'probe/unknown'",
    ]
    assert [words for words in wanted if not any(line.startswith(words) for line in lines)] == []
    assert all(params.keys() == {"message"} for params in traced(client))
    assert TEXT not in json.dumps(traced(client))
    (answer,) = [line for line in lines if "answer to 'workspace/configuration'" in line]
    assert re.fullmatch(r"received answer to 'workspace/configuration' \(\d+\) after \d+\.\d ms", answer)
    assert not any("$/logTrace" in line for line in lines)


def test_verbose_shows_what_is_in_messages_but_no_settings(connect):
    client = connect()
    client.initialize(trace="verbose", initializationOptions={"key": TEXT})
    busy(client)
    details = {params["message"].split(" (")[0]: params["verbose"] for params in traced(client)}
    assert TEXT in details["received notification 'textDocument/didOpen'"]
    assert TEXT in details["sent answer to 'workspace/executeCommand'"]
    for settings in ("sent request", "received answer to"):
        assert TEXT not in details[f"{settings} 'workspace/configuration'"]


def test_a_long_message_is_cut(connect):
    client = connect()
    client.initialize(trace="verbose")
    client.open("file:///long.py", "x" * 100_000)
    client.drain()
    (opened,) = [p["verbose"] for p in traced(client) if "didOpen" in p["message"]]
    assert len(opened) < 9_000
    assert re.search(r"… \(9\d,\d\d\d more characters\)$", opened)


def test_the_client_can_change_its_mind(connect):
    client = connect()
    client.initialize()
    client.notify("$/setTrace", {"value": "messages"})
    client.command("probe.echo")
    client.notify("$/setTrace", {"value": "nonsense"})
    client.command("probe.echo")
    client.drain()
    before = len(said(client))
    assert sum("'workspace/executeCommand'" in line for line in said(client)) == 4
    client.notify("$/setTrace", {"value": "off"})
    client.command("probe.echo")
    client.drain()
    assert [line for line in said(client)[before:] if "setTrace" not in line] == []
    assert "unknown trace 'nonsense'; known: off, messages, verbose" in client.log()


def test_nothing_comes_before_the_answer_to_initialize_nor_after_shutdown(connect):
    client = connect()
    answer = client.initialize(trace="messages")
    assert client.seen[0] == answer
    client.call("shutdown")
    client.drain()
    assert "'shutdown'" in said(client)[-1]
    assert client.seen[-1]["result"] is None
    client.notify("exit")
    assert client.exit_code() == 0


def test_the_debug_log_has_the_same_lines_without_being_asked(caplog):
    told = []
    tracer = Tracer(told.append, json.dumps, str)
    tracer.received(Request(1, "textDocument/codeLens", {"text": TEXT}))
    assert caplog.messages == []
    with caplog.at_level(logging.DEBUG, "codecompanion.server.wire.tracer"):
        tracer.received(Request(2, "textDocument/codeLens", {"text": TEXT}))
        tracer.sent({"jsonrpc": "2.0", "id": 2, "result": TEXT})
    request, answer = caplog.messages
    assert request == "received request 'textDocument/codeLens' (2)"
    assert answer.startswith("sent answer to 'textDocument/codeLens' (2) after ")
    assert told == []
