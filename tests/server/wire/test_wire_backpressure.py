"""Pitfall 12: a client that stops reading."""

import threading
import time

import pytest

from codecompanion.server.wire.outbox import Outbox

MIB = 1024 * 1024


class SlowPipe:
    """A pipe whose reader takes nothing until it is told to."""

    def __init__(self):
        self.open = threading.Event()
        self.written = b""
        self.reasons = []

    def write(self, data):
        self.open.wait(10)
        self.written += data

    def frames(self):
        return [part.split(b"\r\n\r\n")[1] for part in self.written.split(b"Content-Length: ")[1:]]


@pytest.fixture
def pipe():
    slow = SlowPipe()
    yield slow
    slow.open.set()


def outbox_with_a_stuck_writer(pipe, **limits):
    outbox = Outbox(pipe.write, pipe.reasons.append, **limits)
    outbox.put(b"first")
    while outbox.waiting_bytes:
        time.sleep(0.001)
    return outbox


def test_waiting_messages_of_one_key_are_merged_into_the_latest(pipe):
    outbox = outbox_with_a_stuck_writer(pipe)
    for number in range(1000):
        outbox.put(b"report %d" % number, droppable=True, key="token")
        if number == 500:
            outbox.put(b"answer")
    pipe.open.set()
    assert outbox.close(5)
    assert pipe.frames() == [b"first", b"report 999", b"answer"]


def test_an_end_is_never_overtaken_by_a_later_report_of_its_key(pipe):
    outbox = outbox_with_a_stuck_writer(pipe)
    outbox.put(b"report 1", droppable=True, key="token")
    outbox.put(b"end 1", key="token")
    outbox.put(b"report 2", droppable=True, key="token")
    pipe.open.set()
    assert outbox.close(5)
    assert pipe.frames() == [b"first", b"report 1", b"end 1", b"report 2"]


def test_what_may_be_lost_is_dropped_first_oldest_first(pipe, caplog):
    outbox = outbox_with_a_stuck_writer(pipe, soft_limit=2000)
    for number in range(100):
        outbox.put(b"log %02d %b" % (number, b"x" * 50), droppable=True)
        outbox.put(b"answer %02d" % number)
    assert outbox.waiting_bytes < 100 * 40
    pipe.open.set()
    assert outbox.close(5)
    frames = pipe.frames()
    assert [f for f in frames if f.startswith(b"answer")] == [b"answer %02d" % n for n in range(100)]
    assert not any(f.startswith(b"log 00") for f in frames)
    assert "were left out" in caplog.text


def test_at_the_hard_limit_the_connection_ends_with_a_reason(pipe, caplog):
    outbox = outbox_with_a_stuck_writer(pipe, soft_limit=1000, hard_limit=10_000)
    for _ in range(200):
        outbox.put(b"x" * 100)
    assert pipe.reasons == ["the client stopped reading: more than 10000 bytes wait for it"]
    assert outbox.waiting_bytes == 0
    assert "closing the connection: the client stopped reading" in caplog.text
    assert not outbox.close(0.05)


def test_one_message_larger_than_the_limit_goes_out_when_nothing_waits(pipe):
    pipe.open.set()
    outbox = Outbox(pipe.write, pipe.reasons.append, hard_limit=100)
    outbox.put(b"y" * 1000)
    assert outbox.close(5)
    assert pipe.frames() == [b"y" * 1000]


def test_a_broken_pipe_ends_the_connection_with_a_reason():
    reasons = []

    def write(data):
        raise BrokenPipeError("gone")

    outbox = Outbox(write, reasons.append)
    outbox.put(b"anything")
    outbox.close(5)
    outbox.put(b"more")
    assert reasons == ["the client cannot be written to: gone"]


def test_pitfall_12_the_loop_stays_alive_while_nobody_reads(fresh):
    fresh.pause_reading()
    flood = fresh.start_command("probe.flood", "progress", 20_000, 200)
    logs = fresh.start_command("probe.flood", "log", 20_000, 1000)
    asked = [fresh.start_command("probe.echo", number) for number in range(100)]
    fresh.notify("textDocument/didSave", {"textDocument": {"uri": "file:///while-nobody-reads"}})
    fresh.wait_log("a mistake in a notification handler")  # so the loop got as far as this
    fresh.resume_reading()
    assert [fresh.answer_to(i)["result"]["arguments"] for i in asked] == [[n] for n in range(100)]
    assert fresh.answer_to(flood)["result"] == fresh.answer_to(logs)["result"] == 20_000
    reports = fresh.of_method("$/progress")
    assert 1 <= len(reports) < 20_000
    assert len(fresh.of_method("window/logMessage")) < 20_000
    fresh.command("probe.flood", "progress", 1, 0)
    assert "were left out" in fresh.log()


@pytest.mark.parametrize("leave", ["the input ends", "exit"])
def test_pitfall_12_a_stuck_stdout_does_not_keep_the_process(fresh, leave):
    fresh.pause_reading()
    fresh.start_command("probe.flood", "must", 100, 10_000)
    fresh.start_command("probe.sleep")
    fresh.notify("textDocument/didSave", {"textDocument": {"uri": "file:///a"}})
    fresh.wait_log("a mistake in a notification handler")
    began = time.monotonic()
    if leave == "exit":
        fresh.notify("exit")
    else:
        fresh.stdin.close()
    assert fresh.exit_code() == 1
    assert time.monotonic() - began < 5


def test_pitfall_12_too_much_that_must_arrive_ends_the_connection(fresh):
    fresh.pause_reading()
    fresh.start_command("probe.flood", "must", 80, MIB)
    assert fresh.exit_code() == 1
    assert "closing the connection: the client stopped reading" in fresh.log()


def test_a_client_that_closes_its_end_ends_the_server(connect):
    client = connect(reading=False)
    client.start("initialize", {"capabilities": {}})
    assert b"Content-Length" in client.stdout.readline()
    client.stdout.close()
    client.start("probe/raw")
    assert client.exit_code() == 1
    assert "the client cannot be written to" in client.log()


def test_a_blocked_loop_cannot_survive_the_end_of_the_input(connect):
    client = connect("--deadline", "0.5")
    client.initialize()
    client.start_command("probe.block", 60)
    client.stdin.close()
    assert client.exit_code() == 1
    assert "leaving without waiting any longer" in client.log()
