"""Pitfall 18: malformed frames and messages; one server takes them all and answers in between.

Every case says which ids its bytes hold readably, and what the one answer to each must be. Whether an answer
under the id ``null`` is due depends on whether anything in the case could be a request.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from lsprotocol import types

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
RESULT = 0


class Case(NamedTuple):
    """``answers``: what must come under each id, an error code or ``RESULT``; ``null``: codes under no id."""

    name: str
    data: bytes
    answers: dict[Any, int]
    null: tuple[int, ...] = ()


def frame(body: Any, length: int | None = None) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(raw) if length is None else length, raw)


def echo(request_id: Any, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": "probe/raw", "params": {}, **more}


def unusual_but_fine_frames() -> Iterator[Case]:
    body = json.dumps(echo("fine")).encode()
    n = len(body)
    headers = {
        "lower-case name": b"content-length: %d\r\n\r\n",
        "upper-case name": b"CONTENT-LENGTH: %d\r\n\r\n",
        "blank before the colon": b"Content-Length : %d\r\n\r\n",
        "no blank after the colon": b"Content-Length:%d\r\n\r\n",
        "tabs": b"Content-Length:\t%d\t\r\n\r\n",
        "line feeds only": b"Content-Length: %d\n\n",
        "mixed line ends": b"Content-Length: %d\n\r\n",
        "leading zeros": b"Content-Length: 000%d\r\n\r\n",
        "blank lines before": b"\r\n\r\n\n\nContent-Length: %d\r\n\r\n",
        "content type after": b"Content-Length: %d\r\nContent-Type: application/json; charset=utf-8\r\n\r\n",
        "content type before": b"Content-Type: application/json; charset=utf8\r\nContent-Length: %d\r\n\r\n",
        "quoted charset": b'Content-Type: x; charset="UTF-8"\r\nContent-Length: %d\r\n\r\n',
        "unknown header": b"X-Anything: at all: really\r\nContent-Length: %d\r\n\r\n",
        "same length twice": b"Content-Length: %d\r\nContent-Length: %d\r\n\r\n",
    }
    for name, header in headers.items():
        yield Case(name, header.replace(b"%d", b"%d" % n) + body, {"fine": RESULT})
    yield Case("white space around the body", frame(b" \r\n\t" + body + b"\n"), {"fine": RESULT})
    yield Case("unknown members", frame(echo("fine", extra=1, result=2, error=3)), {"fine": RESULT})
    yield Case("members twice", frame(body[:-1] + b',"id":"last wins"}'), {"last wins": RESULT})
    yield Case(
        "params absent", frame({"jsonrpc": "2.0", "id": "fine", "method": "probe/raw"}), {"fine": RESULT}
    )


def bad_headers() -> Iterator[Case]:
    values = {
        "no number": b"abc",
        "negative": b"-5",
        "plus sign": b"+5",
        "fraction": b"5.5",
        "hexadecimal": b"0x20",
        "exponent": b"1e3",
        "empty": b"",
        "blank": b"   ",
        "list": b"5, 5",
        "two numbers": b"5 5",
        "other digits": "٣٤".encode(),
        "not text": b"\xff\xfe",
        "30 digits": b"9" * 30,
        "5000 digits": b"9" * 5000,
        "null byte": b"\x005",
    }
    for name, value in values.items():
        yield Case(f"length {name}", b"Content-Length: " + value + b"\r\n\r\n{}", {}, (PARSE_ERROR,))
    for name, length in {"over the limit": 2**26 + 1, "64 GiB": 2**36, "20 digits": 10**19}.items():
        yield Case(f"length {name}", frame(echo("swallowed"), length), {}, (INVALID_REQUEST,))
    # The way back leads to the second length, so that one counts.
    contradicting = b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n"
    yield Case("contradicting lengths", contradicting + b"{}", {}, (PARSE_ERROR, INVALID_REQUEST))
    for charset in (b"utf-16", b"latin-1", b"utf-8-sig2", b""):
        header = b"Content-Length: 2\r\nContent-Type: application/json; charset=%b\r\n\r\n{}" % charset
        yield Case(f"charset {charset.decode()!r}", header, {}, (PARSE_ERROR,))
    others = {
        "no length": b"Content-Type: x\r\n\r\n{}",
        "misspelt length": b"Content-Lenght: 2\r\n\r\n{}",
        "underscore": b"Content_Length: 2\r\n\r\n{}",
        "no colon": b"Content-Length 2\r\n\r\n{}",
        "blank in the name": b"Content Length: 2\r\n\r\n{}",
        "folded line": b"Content-\r\n Length: 2\r\n\r\n{}",
        "carriage returns only": b"Content-Length: 2\r\r{}\n\n",
        "HTTP request": b"POST / HTTP/1.1\r\nHost: x\r\n\r\n{}",
        "HTTP response": b"HTTP/1.1 200 OK\r\n\r\n",
        "bare JSON": json.dumps(echo("bare")).encode() + b"\n\n",
        "text": b"hello, is this a language server?\n\n",
        "null bytes": b"\0" * 100 + b"\n\n",
        "all bytes": bytes(range(256)) + b"\n\n",
        "10 KB header": b"X: " + b"y" * 10_000,
        "1 MB without an end": b"z" * 1_000_000,
        "2000 header lines": b"X: y\r\n" * 2000,
        "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
    }
    for name, data in others.items():
        yield Case(name, data, {}, (PARSE_ERROR,))


def partial_frames() -> Iterator[Case]:
    """Cut off anywhere; the next frame follows at once."""
    whole = frame(echo("cut"))
    header = whole.index(b"{")
    for cut in (1, 7, 14, 15, 16, 18, header - 3, header - 2, header - 1):
        yield Case(f"cut in the header after {cut}", whole[:cut], {}, (PARSE_ERROR,))
    for cut in (header, header + 1, header + 9, header + 20, len(whole) - 10, len(whole) - 1):
        yield Case(f"cut in the body after {cut}", whole[:cut], {}, (PARSE_ERROR,))
    yield Case("no blank line", whole.replace(b"\r\n\r\n", b"\r\n"), {}, (PARSE_ERROR,))
    yield Case("no line end at all", whole.replace(b"\r\n\r\n", b""), {}, (PARSE_ERROR,))
    yield Case("the header twice", whole[:header] + whole, {"cut": RESULT}, (PARSE_ERROR,))


def wrong_lengths() -> Iterator[Case]:
    body = echo("wrong length")
    n = len(json.dumps(body))
    for more in (1, 2, 10, 17, 40, 64, 500, 100_000):
        yield Case(f"{more} too long", frame(body, n + more), {"wrong length": RESULT})
    for less in (1, 2, 10, n // 2, n - 1):
        yield Case(f"{less} too short", frame(body, n - less), {}, (PARSE_ERROR, PARSE_ERROR))
    yield Case("zero", frame(body, 0), {}, (PARSE_ERROR, PARSE_ERROR))
    yield Case("an empty body", frame(b""), {}, (PARSE_ERROR,))


def bodies_that_are_no_json() -> Iterator[Case]:
    good = json.dumps(echo("x")).encode()
    bodies = {
        "blank": b" ",
        "opening brace": b"{",
        "closing brace": b"}",
        "opening bracket": b"[",
        "cut literal": b"nul",
        "undefined": b"undefined",
        "NaN": b"NaN",
        "minus infinity": b"-Infinity",
        "NaN within": good[:-1] + b',"x":NaN}',
        "single quotes": good.replace(b'"', b"'"),
        "bare names": b"{jsonrpc: 2.0}",
        "trailing comma": good[:-1] + b",}",
        "comment": b"/* hello */" + good,
        "two objects": good + good,
        "trailing text": good + b" and more",
        "byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": good.decode().encode("utf-16"),
        "UTF-32": good.decode().encode("utf-32-le"),
        "Latin-1": '{"a": "é"}'.encode("latin-1"),
        "overlong UTF-8": b'{"a": "\xc0\xaf"}',
        "lone continuation": b'{"a": "\x80"}',
        "cut UTF-8": b'{"a": "\xf0\x9f\x98"}',
        "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
        "bytes FF": b"\xff" * 50,
        "raw line break in a string": b'{"a": "x\ny"}',
        "raw null in a string": b'{"a": "x\0y"}',
        "bad escape": rb'{"a": "\x41"}',
        "cut escape": rb'{"a": "\u12"}',
        "leading zero": b'{"a": 01}',
        "hexadecimal number": b'{"a": 0x1}',
        "5000-digit number": b'{"a": ' + b"9" * 5000 + b"}",
        "XML": b"<request/>",
        "MessagePack": b"\x83\xa7jsonrpc\xa32.0\xa2id\x01\xa6method\xa1x",
        "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        "deep arrays": b"[" * 100_000 + b"]" * 100_000,
        "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "unclosed deep arrays": b"[" * 1_000_000,
        "deep params": b'{"jsonrpc":"2.0","id":1,"method":"probe/raw","params":' + b"[" * 100_000,
    }
    for name, body in bodies.items():
        yield Case(name, frame(body), {}, (PARSE_ERROR,))


def values_that_are_no_message() -> Iterator[Case]:
    for value in (None, True, False, 0, -1, 1.5, "text", "", [], [1], [[]], [None], {}, [{}]):
        yield Case(f"body {json.dumps(value)}", frame(value), {}, (INVALID_REQUEST,))
    for missing in (
        {"jsonrpc": "2.0"},
        {"jsonrpc": "2.0", "params": {}},
        {"jsonrpc": "2.0", "result": 1},
        {"jsonrpc": "2.0", "error": {}},
    ):
        yield Case(f"only {', '.join(missing)}", frame(missing), {}, (INVALID_REQUEST,))
    yield Case("only an id", frame({"jsonrpc": "2.0", "id": "lonely"}), {"lonely": INVALID_REQUEST})
    yield Case("an id and params", frame({"jsonrpc": "2.0", "id": 77, "params": {}}), {77: INVALID_REQUEST})
    batch = [echo("b1"), {"jsonrpc": "2.0", "method": "probe/raw"}, 5, echo("b2")]
    yield Case("batch", frame(batch), {"b1": INVALID_REQUEST, "b2": INVALID_REQUEST})
    notifications = [{"jsonrpc": "2.0", "method": "initialized"}] * 2
    yield Case("batch of notifications", frame(notifications), {}, (INVALID_REQUEST,))


def envelopes_with_wrong_types() -> Iterator[Case]:
    for value in (None, True, 2, 2.0, "1.0", "2", "2.00", [], {}, ["2.0"]):
        wrong = echo("version", jsonrpc=value)
        yield Case(f"jsonrpc {json.dumps(value)}", frame(wrong), {"version": INVALID_REQUEST})
    without = {"id": "version", "method": "probe/raw"}
    yield Case("no jsonrpc", frame(without), {"version": INVALID_REQUEST})
    for value in (None, True, 5, 1.5, [], {}, ["probe/raw"]):
        wrong = echo("method", method=value)
        yield Case(f"method {json.dumps(value)}", frame(wrong), {"method": INVALID_REQUEST})
    for value in (
        "",
        " ",
        "probe/RAW",
        "probe/raw ",
        "a" * 100_000,
        "\0",
        "💥",
        "\ud800",
        "__init__",
        "../exit",
    ):
        wrong = echo("method", method=value)
        yield Case(f"method {json.dumps(value)[:20]}", frame(wrong), {"method": METHOD_NOT_FOUND})
    for value in (True, False, 5, 0, -1.5, "text", ""):
        wrong = echo("params", params=value)
        yield Case(f"params {json.dumps(value)}", frame(wrong), {"params": INVALID_PARAMS})


def odd_ids() -> Iterator[Case]:
    usable = (
        0,
        -1,
        2**31,
        -(2**31) - 1,
        2**53 + 1,
        2**63,
        10**400,
        "",
        " ",
        "null",
        "1",
        "💥",
        "\ud800",
        "i" * 100_000,
    )
    for value in usable:
        yield Case(f"id {json.dumps(value)[:20]}", frame(echo(value)), {value: RESULT})
    for value in (1.5, -0.25, 4.0):
        yield Case(f"id {value}", frame(echo(value)), {value: INVALID_REQUEST})
    for value in (None, True, False, [], {}, [1], {"id": 1}):
        yield Case(f"id {json.dumps(value)}", frame(echo(value)), {}, (INVALID_REQUEST,))
    infinite = json.dumps(echo("inf")).replace('"inf"', "1e999").encode()
    yield Case("id 1e999", frame(infinite), {}, (INVALID_REQUEST,))
    yield Case("one id twice", frame(echo("again")) * 2, {"again": RESULT})
    yield Case("string and number", frame(echo("31")) + frame(echo(31)), {"31": RESULT, 31: RESULT})


def responses_to_nothing() -> Iterator[Case]:
    for value in (0, 1, 10**30, "no", "", None, True, 1.0, [], {}, [1]):
        yield Case(f"result for {json.dumps(value)}", frame({"jsonrpc": "2.0", "id": value, "result": {}}), {})
    for error in (
        None,
        5,
        "text",
        [],
        {},
        {"code": "x", "message": 5},
        {"code": -1, "message": None, "data": {}},
    ):
        wrong = {"jsonrpc": "2.0", "id": 1, "error": error}
        yield Case(f"error {json.dumps(error)}", frame(wrong), {})
    yield Case("result and error", frame({"jsonrpc": "2.0", "id": 1, "result": 1, "error": {}}), {})
    yield Case("result without jsonrpc", frame({"id": 1, "result": 1}), {})


def methods_in_the_wrong_place() -> Iterator[Case]:
    for method, kinds in types.METHOD_TO_TYPES.items():
        if kinds[1] is None:
            wrong = {"jsonrpc": "2.0", "id": method, "method": method, "params": {}}
            yield Case(f"{method} as a request", frame(wrong), {method: INVALID_REQUEST})
        elif not method.startswith(("window/", "client/")) and "/refresh" not in method:
            yield Case(f"{method} without an id", frame({"jsonrpc": "2.0", "method": method, "params": {}}), {})
    for method in ("window/workDoneProgress/create", "workspace/applyEdit", "client/registerCapability"):
        wrong = {"jsonrpc": "2.0", "id": method, "method": method, "params": {}}
        yield Case(f"{method} from the client", frame(wrong), {method: METHOD_NOT_FOUND})


WRONG_PARAMS: list[Any] = [
    None,
    [],
    {},
    [{}],
    {"textDocument": None},
    {"textDocument": 5},
    {"textDocument": []},
    {"textDocument": {}},
    {"textDocument": {"uri": None}},
    {"textDocument": {"uri": 5}},
    {"textDocument": {"uri": {"a": 1}}},
]


WRONG_POSITIONS: list[Any] = [
    None,
    5,
    [],
    {},
    {"line": 1},
    {"line": "1", "character": 1},
    {"line": 1, "character": None},
    {"line": -1, "character": 0},
    {"line": 2**40, "character": 0},
    {"line": 0.5, "character": 0},
    {"line": True, "character": False},
]


def wrong_params_of_requests() -> Iterator[Case]:
    for method in ("textDocument/hover", "textDocument/codeLens", "workspace/executeCommand"):
        for params in WRONG_PARAMS:
            wrong = {"jsonrpc": "2.0", "id": "wrong", "method": method, "params": params}
            yield Case(f"{method} {json.dumps(params)}", frame(wrong), {"wrong": INVALID_PARAMS})
    for position in WRONG_POSITIONS:
        params = {"textDocument": {"uri": "file:///a"}, "position": position}
        wrong = {"jsonrpc": "2.0", "id": "wrong", "method": "textDocument/hover", "params": params}
        yield Case(f"position {json.dumps(position)}", frame(wrong), {"wrong": INVALID_PARAMS})
    for params in (
        {"command": None},
        {"command": 5},
        {"command": ["probe.echo"]},
        {"command": ""},
        {"command": "probe.echo", "arguments": {}},
        {"command": "probe.echo", "arguments": "text"},
        {"command": "probe.echo", "workDoneToken": True},
        {"command": "probe.echo", "workDoneToken": [1]},
    ):
        wrong = {"jsonrpc": "2.0", "id": "wrong", "method": "workspace/executeCommand", "params": params}
        yield Case(f"executeCommand {json.dumps(params)}", frame(wrong), {"wrong": INVALID_PARAMS})
    again = {"jsonrpc": "2.0", "id": "again", "method": "initialize", "params": {"capabilities": {}}}
    yield Case("initialize again", frame(again), {"again": INVALID_REQUEST})


def wrong_params_of_notifications() -> Iterator[Case]:
    methods = (
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "textDocument/didSave",
        "workspace/didChangeWorkspaceFolders",
        "window/workDoneProgress/cancel",
        "$/cancelRequest",
        "$/setTrace",
        "initialized",
    )
    more: dict[str, list[Any]] = {
        "textDocument/didOpen": [
            {"textDocument": {"uri": "file:///w", "text": text}} for text in (None, 5, [])
        ],
        "textDocument/didChange": [
            {"textDocument": {"uri": "file:///w", "version": 1}, "contentChanges": changes}
            for changes in (None, 5, {}, [None], [5], [{}], [{"text": None}], [{"range": {}, "text": ""}])
        ],
        "workspace/didChangeWorkspaceFolders": [
            {"event": event} for event in (None, 5, {"added": 5}, {"added": [5, {}, {"uri": "http://x"}]})
        ],
        "window/workDoneProgress/cancel": [{"token": token} for token in (None, True, [], {}, "unknown", 0)],
        "$/cancelRequest": [{"id": value} for value in (None, True, [], {}, 1.5)],
        "$/setTrace": [{"value": 5}],
    }
    for method in methods:
        for params in [*WRONG_PARAMS, 5, "text", *more.get(method, [])]:
            wrong = {"jsonrpc": "2.0", "method": method, "params": params}
            yield Case(f"{method} {json.dumps(params)}", frame(wrong), {})


FAMILIES = (
    unusual_but_fine_frames,
    bad_headers,
    partial_frames,
    wrong_lengths,
    bodies_that_are_no_json,
    values_that_are_no_message,
    envelopes_with_wrong_types,
    odd_ids,
    responses_to_nothing,
    methods_in_the_wrong_place,
    wrong_params_of_requests,
    wrong_params_of_notifications,
)


def same_id(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def outcome(message: dict[str, Any]) -> int:
    return message["error"]["code"] if "error" in message else RESULT


def test_pitfall_18_there_are_at_least_209_distinct_cases():
    cases = [case for family in FAMILIES for case in family()]
    assert len({case.data for case in cases}) == len(cases) >= 209
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("family", FAMILIES)
def test_pitfall_18_each_is_answered_once_and_the_server_goes_on(client, family):
    for number, case in enumerate(family()):
        client.seen.clear()
        client.send_bytes(case.data)
        after = client.call("probe/raw", {"after": number})
        assert after["result"] == {"got": {"after": number}}, case.name
        answers = [message for message in client.seen if message is not after]
        for request_id, expected in case.answers.items():
            own = [outcome(message) for message in answers if same_id(message["id"], request_id)]
            assert own == [expected] * (2 if case.name == "one id twice" else 1), case.name
        under_null = [outcome(message) for message in answers if message["id"] is None]
        assert sorted(under_null) == sorted(case.null), (case.name, answers)
        known = [*case.answers, None]
        assert all(any(same_id(m["id"], one) for one in known) for m in answers), (case.name, answers)
    assert client.of_method("window/showMessage") == []
