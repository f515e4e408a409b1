"""Work-done progress on the wire, and what takes its place."""

import statistics
import time

import pytest

REQUEST_CANCELLED = -32800


def leave_given(client):
    """Answer the create request and return its token."""
    asked = client.wait_method("window/workDoneProgress/create")
    client.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
    return asked["params"]["token"]


def values(client, token):
    return [m["params"]["value"] for m in client.of_method("$/progress") if m["params"]["token"] == token]


def test_create_then_begin_then_reports_then_one_end(client):
    call = client.start_command("probe.progress", 10, 0.06, "well", False)
    token = leave_given(client)
    assert isinstance(token, str)
    assert client.answer_to(call)["result"] == "done"
    shown = values(client, token)
    assert shown[0] == {
        "kind": "begin",
        "title": "Probe",
        "cancellable": True,
        "message": "step 0",
        "percentage": 0,
    }
    assert shown[-1] == {"kind": "end", "message": "all done"}
    assert [value["kind"] for value in shown[1:-1]] == ["report"] * (len(shown) - 2)
    assert len(client.of_method("window/workDoneProgress/create")) == 1
    assert client.command("probe.counts")["progress"] == 0


def test_the_percentage_never_falls(client):
    call = client.start_command("probe.progress", 20, 0.06, "well", False)
    token = leave_given(client)
    client.answer_to(call)
    shares = [value["percentage"] for value in values(client, token) if "percentage" in value]
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert all(isinstance(share, int) and 0 <= share <= 100 for share in shares)


def test_reports_are_merged_and_the_latest_wins(client):
    call = client.start_command("probe.progress", 500, 0.001, "well", False)
    token = leave_given(client)
    began = time.monotonic()
    client.answer_to(call)
    took = time.monotonic() - began
    reports = [value for value in values(client, token) if value["kind"] == "report"]
    assert 2 <= len(reports) <= took / 0.05 + 2
    steps = [int(report["message"].split()[1]) for report in reports]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize(("how", "word"), [("fail", "failed"), ("cancel", "stopped")])
def test_an_error_or_a_cancel_ends_the_progress(client, how, word):
    call = client.start_command("probe.progress", 1 if how == "fail" else 1000, 0.05, how, False)
    token = leave_given(client)
    client.wait_method("$/progress")
    if how == "cancel":
        client.notify("$/cancelRequest", {"id": call})
    assert "error" in client.answer_to(call)
    assert values(client, token)[-1] == {"kind": "end", "message": word}


def test_the_clients_cancel_button_calls_back_once(client):
    call = client.start_command("probe.progress", 10, 0.05, "well", False)
    token = leave_given(client)
    client.wait_method("$/progress")
    for _ in range(3):
        client.notify("window/workDoneProgress/cancel", {"token": token})
    client.answer_to(call)
    client.notify("window/workDoneProgress/cancel", {"token": token})
    assert client.command("probe.seen") == ["progress was cancelled"]


def test_a_refused_create_turns_to_messages(client):
    call = client.start_command("probe.progress", 3, 0.01, "well", False)
    asked = client.wait_method("window/workDoneProgress/create")
    client.send({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32603, "message": "no"}})
    client.answer_to(call)
    client.wait(lambda m: m.get("params", {}).get("message") == "Probe: all done")
    assert client.of_method("$/progress") == []
    assert [m["params"]["message"] for m in client.of_method("window/showMessage")][-1] == "Probe: all done"
    assert client.command("probe.counts")["progress"] == 0


def test_a_client_slow_to_give_leave_gets_the_begin_after_a_second(client):
    call = client.start_command("probe.progress", 40, 0.05, "well", False)
    asked = client.wait_method("window/workDoneProgress/create")
    began = time.monotonic()
    client.wait_method("$/progress")
    assert 0.8 < time.monotonic() - began < 3
    client.send({"jsonrpc": "2.0", "id": asked["id"], "result": None})
    client.answer_to(call)
    kinds = [value["kind"] for value in values(client, asked["params"]["token"])]
    assert (kinds.count("begin"), kinds.count("end"), kinds[0], kinds[-1]) == (1, 1, "begin", "end")


def test_a_refusal_after_the_begin_stops_the_token_for_good(client):
    call = client.start_command("probe.progress", 30, 0.05, "well", False)
    asked = client.wait_method("window/workDoneProgress/create")
    client.wait_method("$/progress")
    client.send({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32603, "message": "no"}})
    client.command("probe.echo")
    before = len(client.of_method("$/progress"))
    client.answer_to(call)
    assert len(client.of_method("$/progress")) == before
    assert client.of_method("window/showMessage")[-1]["params"]["message"] == "Probe: all done"


def test_work_done_before_the_leave_still_has_its_begin_and_end(client):
    call = client.start_command("probe.progress", 0, 0, "well", False)
    client.answer_to(call)
    token = leave_given(client)
    client.wait(lambda m: m.get("params", {}).get("value", {}).get("kind") == "end")
    assert [value["kind"] for value in values(client, token)] == ["begin", "end"]


@pytest.mark.parametrize("token", ["given", 7, 0, ""])
def test_pitfall_2_a_token_of_the_client_is_adopted_without_asking(client, token):
    client.command("probe.progress", 2, 0.06, "well", True, workDoneToken=token)
    kinds = [value["kind"] for value in values(client, token)]
    assert (kinds[0], kinds[-1], kinds.count("end")) == ("begin", "end", 1)
    assert client.of_method("window/workDoneProgress/create") == []


def test_an_adopted_progress_ends_before_its_request_is_answered(client):
    call = client.start_command("probe.progress", 0, 0, "leave open", True, workDoneToken="left")
    client.answer_to(call)
    assert [value["kind"] for value in values(client, "left")] == ["begin", "end"]
    assert client.command("probe.counts")["progress"] == 0


def test_shutdown_ends_what_is_still_open(fresh_with_progress):
    client = fresh_with_progress
    client.command("probe.progress", 0, 0, "leave open", False)
    token = leave_given(client)
    client.wait_method("$/progress")
    assert client.leave() == 0
    assert values(client, token)[-1] == {"kind": "end", "message": "the server is shutting down"}


def test_a_client_without_progress_gets_messages(fresh):
    call = fresh.start_command("probe.progress", 20, 0.06, "well", False)
    fresh.answer_to(call)
    told = [m["params"]["message"] for m in fresh.of_method("window/showMessage")]
    assert told == ["Probe: started", "Probe: all done"]
    logged = fresh.of_method("window/logMessage")
    assert 1 <= len(logged) <= 4
    assert logged[0]["params"] == {"type": 4, "message": "Probe: step 0 0 %"}
    assert fresh.of_method("$/progress") == fresh.of_method("window/workDoneProgress/create") == []


def test_the_first_sign_of_progress_is_on_the_wire_at_once(client):
    waits = []
    for _ in range(30):
        client.seen.clear()
        began = time.perf_counter()
        call = client.start_command("probe.progress", 0, 0, "well", False)
        client.wait_method("window/workDoneProgress/create")
        waits.append(time.perf_counter() - began)
        leave_given(client)
        client.answer_to(call)
    assert statistics.median(waits) < 0.02
    client.drain()


@pytest.fixture
def fresh_with_progress(connect):
    client = connect()
    client.initialize({"window": {"workDoneProgress": True}})
    return client
