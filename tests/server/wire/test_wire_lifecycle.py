"""Pitfalls 3 to 6, 10, 13 and 17: the start, the end, and what may hold up either."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SERVER_CANCELLED, INVALID_REQUEST = -32802, -32600


def test_pitfall_3_shutdown_with_commands_in_flight_answers_them_all(fresh):
    waiting = [fresh.start_command("probe.sleep") for _ in range(5)]
    fresh.command("probe.seen")
    assert fresh.call("shutdown")["result"] is None
    assert [fresh.answer_to(i)["error"]["code"] for i in waiting] == [SERVER_CANCELLED] * 5
    late = fresh.call("workspace/executeCommand", {"command": "probe.echo"})
    assert late["error"]["code"] == INVALID_REQUEST
    assert fresh.call("shutdown")["error"]["code"] == INVALID_REQUEST
    fresh.notify("exit")
    assert fresh.exit_code() == 0
    assert "the shutdown handler ran" in fresh.log()
    assert [len(fresh.answers_to(i)) for i in waiting] == [1] * 5


def test_pitfall_4_exit_with_work_in_flight_is_quick_and_quiet(fresh):
    for _ in range(20):
        fresh.start_command("probe.sleep")
    fresh.command("probe.spawn", "long")
    began = time.monotonic()
    fresh.notify("exit")
    assert fresh.exit_code() == 1
    assert time.monotonic() - began < 4
    log = fresh.log()
    assert "Traceback" not in log
    assert len(log) < 2000


def test_a_handler_that_ignores_its_cancel_does_not_hold_up_the_exit(fresh):
    waiting = fresh.start_command("probe.stubborn")
    fresh.command("probe.seen")
    began = time.monotonic()
    assert fresh.call("shutdown")["result"] is None
    fresh.notify("exit")
    assert fresh.exit_code() == 0
    assert time.monotonic() - began < 6
    assert fresh.answer_to(waiting)["error"]["code"] == SERVER_CANCELLED


@pytest.mark.parametrize("polite", [True, False])
def test_pitfall_5_exit_codes(fresh, polite):
    if polite:
        assert fresh.leave() == 0
    else:
        fresh.notify("exit")
        assert fresh.exit_code() == 1


def test_pitfall_5_exit_before_initialize(connect):
    client = connect()
    client.notify("exit")
    assert client.exit_code() == 1


def test_shutdown_and_exit_sent_in_one_breath(fresh):
    request_id = fresh.start("shutdown")
    fresh.notify("exit")
    fresh.stdin.close()
    assert fresh.exit_code() == 0
    assert fresh.answer_to(request_id)["result"] is None


def test_the_end_of_the_input_ends_the_server(fresh):
    fresh.start_command("probe.sleep")
    fresh.stdin.close()
    assert fresh.exit_code() == 1
    assert "the shutdown handler ran" in fresh.log()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to handle")
def test_sigterm_ends_the_server(fresh):
    fresh.process.send_signal(signal.SIGTERM)
    assert fresh.exit_code() == 1
    assert "Traceback" not in fresh.log()


def test_pitfall_6_nothing_is_left_behind(fresh):
    uri = "file:///leak"

    def round_of_work():
        fresh.open(uri, "")
        waiting = set()
        for version in range(200):
            fresh.change(uri, version, {"text": f"{version}"})
            waiting.add(cancelled := fresh.start_command("probe.sleep", 0.001))
            fresh.notify("$/cancelRequest", {"id": cancelled})
            waiting.add(fresh.start_command("probe.raiseLater", "value"))
            waiting.add(fresh.start_command("probe.applyEdit"))
        while waiting:
            message = fresh.next()
            waiting.discard(message["id"])
            if message.get("method") == "workspace/applyEdit":
                fresh.send({"jsonrpc": "2.0", "id": message["id"], "result": {"applied": True}})
        return settled_counts()

    def settled_counts():
        """What is left once the answered works and the warm-up have let go: the same three times in a row."""
        seen = [fresh.command("probe.counts")]
        until = time.monotonic() + 10
        while (len(seen) < 3 or seen[-3:] != [seen[-1]] * 3) and time.monotonic() < until:
            time.sleep(0.2)
            seen.append(fresh.command("probe.counts"))
        return seen[-1]

    before, after = round_of_work(), round_of_work()
    assert after == before
    assert after["incoming"] == after["outgoing"] == after["progress"] == after["pygls"] == 0


def test_pitfall_10_a_thread_that_cannot_be_stopped_does_not_keep_the_process(fresh):
    fresh.start_command("probe.thread", 60)
    assert fresh.command("probe.seen") == ["thread began"]
    began = time.monotonic()
    fresh.stdin.close()
    assert fresh.exit_code() == 1
    assert time.monotonic() - began < 6


def test_pitfall_10_and_11_threads_and_blocking_futures_are_refused_by_name():
    from codecompanion.server.wire.server import OrchestraServer

    server = OrchestraServer("refusing", "0")
    with pytest.raises(TypeError, match=r"asyncio\.to_thread"):
        server.thread()
    with pytest.raises(TypeError, match=r"await server\.request\('workspace/applyEdit'"):
        server.workspace_apply_edit(None)
    with pytest.raises(TypeError, match="serve_stdio"):
        server.start_io()
    server.command("twice")(print)
    with pytest.raises(ValueError, match="'twice' is registered twice"):
        server.command("twice")(print)
    server.feature("textDocument/hover")(print)
    with pytest.raises(ValueError, match="'textDocument/hover' is registered twice"):
        server.feature("textDocument/hover")(print)


def test_pitfall_13_prints_and_children_cannot_touch_the_stream(fresh):
    assert fresh.command("probe.print") == "still here"
    assert fresh.command("probe.echo", 1)["arguments"] == [1]
    log = fresh.wait_log("by a child")
    assert "printed by the server" in log


@pytest.mark.skipif(sys.platform == "win32", reason="closes a POSIX descriptor")
def test_pitfall_13_the_guard_works_without_a_stderr(connect, tmp_path):
    script = tmp_path / "no_stderr.py"
    script.write_text(
        "import os, sys\n"
        "os.close(2)\n"
        "sys.path.insert(0, sys.argv.pop(1))\n"
        "import probe_server\n"
        "sys.exit(probe_server.main())\n"
    )
    client = connect(str(Path(__file__).parent), script=script)
    client.initialize()
    assert client.command("probe.print") == "still here"
    assert client.leave() == 0


def test_pitfall_17_the_server_ends_with_the_process_that_started_it(connect):
    editor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        client = connect()
        client.initialize(processId=editor.pid)
        assert client.command("probe.echo")["arguments"] == []
    finally:
        editor.communicate(b"\n")
    assert client.exit_code() == 1
    assert f"process {editor.pid}, which started this server, is gone" in client.log()


def test_pitfall_17_an_editor_in_another_container_is_not_watched(connect):
    client = connect()
    client.initialize(processId=2**22 + 1)
    assert client.command("probe.echo")["arguments"] == []
    assert "it does not exist here" in client.log()
