"""Pitfalls 1, 2, 7, 9, 11 and 15 to 17: requests, commands and their answers."""

import pytest

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
INTERNAL_ERROR, NOT_INITIALIZED, REQUEST_FAILED = -32603, -32002, -32803
REQUEST_CANCELLED, CONTENT_MODIFIED = -32800, -32801

ORIGIN = {"line": 0, "character": 0}


def test_pitfall_1_cancelling_a_command_cancels_its_async_handler(client):
    request_id = client.start_command("probe.sleep")
    assert client.command("probe.seen") == ["sleep began"]
    client.notify("$/cancelRequest", {"id": request_id})
    assert client.answer_to(request_id)["error"]["code"] == REQUEST_CANCELLED
    assert "sleep was cancelled" in client.command("probe.seen")


def test_a_handler_that_ignores_its_cancel_still_gives_one_answer(client):
    request_id = client.start_command("probe.stubborn", 3)
    client.command("probe.seen")
    client.notify("$/cancelRequest", {"id": request_id})
    client.notify("$/cancelRequest", {"id": request_id})
    assert client.answer_to(request_id)["result"] == "finished all the same"
    client.command("probe.seen")
    assert len(client.answers_to(request_id)) == 1


@pytest.mark.parametrize(
    "unknown", [{"id": "never sent"}, {"id": 5}, {"id": None}, {"id": [1]}, {}, [], None, 7]
)
def test_cancelling_nothing_is_harmless(client, unknown):
    client.notify("$/cancelRequest", unknown)
    assert client.command("probe.echo", 1)["arguments"] == [1]


def test_pitfall_2_the_work_done_token_reaches_the_handler(client):
    assert client.command("probe.echo", workDoneToken="mine")["token"] == "mine"
    assert client.command("probe.echo", workDoneToken=0)["token"] == 0
    assert client.command("probe.echo")["token"] is None


@pytest.mark.parametrize("kind", ["object", "set", "nan", "circle", "deep"])
def test_pitfall_7_a_result_without_a_json_form_is_an_internal_error(client, kind):
    answer = client.answer_to(client.start_command("probe.result", kind))
    assert answer["error"]["code"] == INTERNAL_ERROR
    assert "workspace/executeCommand" in answer["error"]["message"]
    assert client.command("probe.echo", kind)["arguments"] == [kind]
    assert len(client.answers_to(answer["id"])) == 1


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("value", INTERNAL_ERROR, "ValueError: a plain mistake"),
        ("failed", REQUEST_FAILED, "the folder is read-only"),
        ("own", REQUEST_FAILED, "nothing is left"),
        ("modified", CONTENT_MODIFIED, "the document changed"),
        ("data", INTERNAL_ERROR, "has no JSON form"),
    ],
)
@pytest.mark.parametrize("command", ["probe.raise", "probe.raiseLater"])
def test_pitfall_7_what_a_handler_raises_becomes_the_one_answer(client, command, kind, code, words):
    error = client.answer_to(client.start_command(command, kind))["error"]
    assert (error["code"], words in error["message"]) == (code, True), error
    assert "Traceback" not in str(error)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("no/such/method", {}, METHOD_NOT_FOUND),
        ("$/noSuchRequest", {}, METHOD_NOT_FOUND),
        ("textDocument/hover", {}, INVALID_PARAMS),
        ("textDocument/hover", [], INVALID_PARAMS),
        ("textDocument/hover", None, INVALID_PARAMS),
        ("textDocument/hover", {"textDocument": {"uri": None}, "position": ORIGIN}, INVALID_PARAMS),
        ("textDocument/hover", {"textDocument": {"uri": "a:b"}, "position": {"line": True}}, INVALID_PARAMS),
        ("workspace/executeCommand", {}, INVALID_PARAMS),
        ("workspace/executeCommand", {"command": "no.such.command"}, INVALID_PARAMS),
        ("workspace/executeCommand", {"command": "probe.echo", "arguments": {"a": 1}}, INVALID_PARAMS),
        ("workspace/executeCommand", {"command": "probe.echo", "workDoneToken": {}}, INVALID_PARAMS),
        ("initialize", {"capabilities": {}}, INVALID_REQUEST),
        ("textDocument/didOpen", {}, INVALID_REQUEST),
        ("exit", None, INVALID_REQUEST),
    ],
)
def test_pitfall_7_bad_requests_get_the_specified_error(client, method, params, code):
    assert client.call(method, params)["error"]["code"] == code
    assert client.command("probe.echo")["arguments"] == []


def test_an_invalid_parameter_names_its_place(client):
    position = {"line": "zero", "character": 0}
    answer = client.call("textDocument/hover", {"textDocument": {"uri": "file:///a"}, "position": position})
    assert "params.position.line" in answer["error"]["message"]


def test_an_unknown_command_names_the_known_ones(client):
    message = client.call("workspace/executeCommand", {"command": "probe.ecko"})["error"]["message"]
    assert "'probe.ecko'" in message and "probe.echo" in message


def test_whole_numbers_written_as_floats_are_taken(client):
    params = {"textDocument": {"uri": "file:///a"}, "position": {"line": 3.0, "character": 0.0}}
    assert client.call("textDocument/hover", params)["result"]["contents"] == "line 3"


def test_typed_results_have_their_specified_form(client):
    lens = client.call("textDocument/codeLens", {"textDocument": {"uri": "file:///a"}})["result"]
    zero = {"line": 0, "character": 0}
    assert lens == [
        {"range": {"start": zero, "end": zero}, "command": {"title": "Run", "command": "file:///a"}}
    ]


@pytest.mark.parametrize("params", [{"a": {"jsonrpc": "2.0", "id": 4}}, [1, None], None])
def test_methods_of_our_own_get_raw_json(client, params):
    assert client.call("probe/raw", params)["result"] == {"got": params}


def test_pitfall_7_requests_before_initialize_are_refused_and_do_not_stick(connect):
    client = connect()
    for method in ("shutdown", "textDocument/hover", "no/such/method", "workspace/executeCommand"):
        assert client.call(method, {})["error"]["code"] == NOT_INITIALIZED
    client.open("file:///early", "text")
    for wrong in (None, [], {}, {"capabilities": 5}, {"capabilities": {}, "processId": "one"}):
        assert client.call("initialize", wrong)["error"]["code"] == INVALID_PARAMS
    assert "result" in client.initialize()
    assert client.command("probe.document", "file:///early") is None
    assert client.leave() == 0


def test_pitfall_9_a_failing_notification_handler_goes_to_the_log_only(client):
    client.notify("textDocument/didSave", {"textDocument": {"uri": "file:///a"}})
    client.notify("textDocument/didSave", {"textDocument": 5})
    client.wait_log("a mistake in a notification handler")
    assert client.command("probe.seen") == ["saved file:///a"]
    assert client.of_method("window/showMessage") == client.of_method("window/logMessage") == []


def test_requests_without_an_id_and_unknown_notifications_are_ignored(client):
    client.notify("workspace/executeCommand", {"command": "probe.echo"})
    client.notify("shutdown")
    client.notify("no/such/notification", {"a": 1})
    client.notify("$/alsoNot", [])
    assert client.command("probe.echo")["arguments"] == []
    assert all("id" in message for message in client.seen)


@pytest.mark.parametrize(
    "arguments",
    [
        [{"snake_case": 1, "camelCase": {"jsonrpc": "2.0", "id": 1, "method": "exit"}}],
        [{"jsonrpc": "2.0"}],
        [[1, [2, {}]], None, "text", 1.5, True],
        ["\u2028 \U0001f600 \ud800"],
        [2**63, -(2**70)],
    ],
)
def test_pitfall_15_command_arguments_stay_raw_json(client, arguments):
    assert client.command("probe.echo", *arguments)["arguments"] == arguments


@pytest.mark.parametrize("params", [{}, {"arguments": None}, {"arguments": []}])
def test_pitfall_15_absent_and_null_arguments_are_an_empty_list(client, params):
    answer = client.call("workspace/executeCommand", {"command": "probe.echo", **params})
    assert answer["result"] == {"arguments": [], "token": None}


def test_pitfall_16_what_is_advertised(connect):
    result = connect().initialize({"general": {"positionEncodings": ["utf-32", "utf-8"]}})["result"]
    advertised = result["capabilities"]
    assert result["serverInfo"] == {"name": "probe", "version": "1.2.3"}
    assert advertised["positionEncoding"] == "utf-32"
    assert advertised["textDocumentSync"] == {"openClose": True, "change": 2, "save": True}
    assert advertised["executeCommandProvider"]["workDoneProgress"] is True
    assert "probe.echo" in advertised["executeCommandProvider"]["commands"]
    assert advertised["codeLensProvider"] == {"resolveProvider": False}
    assert advertised["hoverProvider"] is True
    assert advertised["experimental"] == {"orchestra": {"version": 1}}
    assert advertised["workspace"]["textDocumentContent"] == {"schemes": ["orchestra"]}
    assert advertised["workspace"]["workspaceFolders"] == {"supported": True, "changeNotifications": True}


def test_pitfall_17_a_failing_background_task_is_logged(client):
    assert client.command("probe.spawn") == "spawned"
    assert "the probe's own work failed" in client.wait_log("background work went wrong")


def test_the_log_names_who_holds_the_loop(client):
    client.command("probe.block", 0.15)
    assert "workspace/executeCommand held the event loop for" in client.wait_log("held the event loop")


def test_an_id_in_use_is_refused_under_that_id(client):
    request_id = client.start_command("probe.sleep", 0.3)
    client.send({"jsonrpc": "2.0", "id": request_id, "method": "probe/raw"})
    assert client.answer_to(request_id)["error"]["code"] == INVALID_REQUEST
    client.wait(lambda m: m.get("id") == request_id and m.get("result") == "slept")
    assert len(client.answers_to(request_id)) == 2


def test_requests_start_in_the_order_of_arrival(client):
    uri = "file:///order"
    client.open(uri, "one")
    first = client.start_command("probe.document", uri)
    client.change(uri, 2, {"text": "two"})
    second = client.start_command("probe.document", uri)
    assert [client.answer_to(i)["result"]["text"] for i in (first, second)] == ["one", "two"]
