"""Pitfall 8: requests the server makes of the client."""

import pytest


def test_pitfall_8_a_timed_out_request_is_withdrawn_and_its_late_answer_ignored(client):
    call = client.start_command("probe.ask", "workspace/configuration", {"items": []}, 0.05)
    asked = client.wait_method("workspace/configuration")
    message = "the client did not answer workspace/configuration within 0.05 s"
    assert client.answer_to(call)["result"] == {"timeout": message}
    assert client.wait_method("$/cancelRequest")["params"] == {"id": asked["id"]}
    for answer in ({"result": [1]}, {"result": [2]}, {"error": {"code": -32800, "message": "cancelled"}}):
        client.send({"jsonrpc": "2.0", "id": asked["id"], **answer})
    assert client.command("probe.echo")["arguments"] == []
    assert client.command("probe.counts")["outgoing"] == 0
    assert client.of_method("window/showMessage") == []


def test_pitfall_8_cancelling_whoever_waits_withdraws_the_request(client):
    call = client.start_command("probe.ask", "workspace/configuration", {"items": []}, None)
    asked = client.wait_method("workspace/configuration")
    client.notify("$/cancelRequest", {"id": call})
    assert client.answer_to(call)["error"]["code"] == -32800
    assert client.wait_method("$/cancelRequest")["params"] == {"id": asked["id"]}


@pytest.mark.parametrize("result", [None, False, 0, [], {"any": "thing"}])
def test_the_clients_result_comes_back_raw(client, result):
    call = client.start_command("probe.ask", "probe/question", {"a": 1}, 10)
    asked = client.wait_method("probe/question")
    assert asked["params"] == {"a": 1}
    client.send({"jsonrpc": "2.0", "id": asked["id"], "result": result})
    assert client.answer_to(call)["result"] == {"result": result}
    assert client.of_method("$/cancelRequest") == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": -32603, "message": "no"}, {"code": -32603, "message": "no"}),
        ({"code": "x"}, {"code": -32001, "message": "the client gave no reason"}),
        ("text", {"code": -32001, "message": "the client answered with a malformed error: 'text'"}),
    ],
)
def test_the_clients_error_is_raised(client, error, expected):
    call = client.start_command("probe.ask", "probe/question", None, 10)
    asked = client.wait_method("probe/question")
    client.send({"jsonrpc": "2.0", "id": asked["id"], "error": error})
    assert client.answer_to(call)["result"] == expected


def test_a_whole_number_written_as_a_float_finds_its_request(client):
    call = client.start_command("probe.ask", "probe/question", None, 10)
    asked = client.wait_method("probe/question")
    client.send({"jsonrpc": "2.0", "id": float(asked["id"]), "result": "found"})
    assert client.answer_to(call)["result"] == {"result": "found"}


def test_typed_requests_of_pygls_work_and_check_the_answer(client):
    call = client.start_command("probe.applyEdit")
    asked = client.wait_method("workspace/applyEdit")
    assert asked["params"] == {"edit": {"changes": {}}, "label": "probe"}
    client.send({"jsonrpc": "2.0", "id": asked["id"], "result": {"applied": False, "failureReason": "busy"}})
    assert client.answer_to(call)["result"] == "busy"
    client.seen.clear()
    call = client.start_command("probe.applyEdit")
    client.send(
        {"jsonrpc": "2.0", "id": client.wait_method("workspace/applyEdit")["id"], "result": {"applied": 5}}
    )
    assert "The client's answer to workspace/applyEdit is wrong" in client.answer_to(call)["error"]["message"]


def test_requests_still_waiting_when_the_client_goes_end_quietly(fresh):
    fresh.start_command("probe.ask", "workspace/configuration", {"items": []}, None)
    fresh.wait_method("workspace/configuration")
    fresh.stdin.close()
    assert fresh.exit_code() == 1
    assert "never retrieved" not in fresh.log()
