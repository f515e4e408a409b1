"""Reads one message body into a request, a notification or a response, or says what is wrong with it.

Only the JSON-RPC envelope is judged here; what is inside ``params`` and ``result`` stays raw JSON. A bad
envelope whose id can be read is answered under that id, any other under ``null``.
"""

import json
import math
from typing import Any, NamedTuple

from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
)

MessageId = int | str


class Request(NamedTuple):
    """A message that wants exactly one answer."""

    id: MessageId
    method: str
    params: Any


class Notification(NamedTuple):
    """A message that wants none."""

    method: str
    params: Any


class Response(NamedTuple):
    """The client's answer to a request of ours; ``error`` is raw and None when there is a result."""

    id: Any
    result: Any
    error: Any


class Malformed(NamedTuple):
    """A message that cannot be taken; ``id`` is what the answer must carry."""

    id: MessageId | float | None
    error: JsonRpcException


Message = Request | Notification | Response | Malformed


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def read_messages(body: bytes) -> list[Message]:
    """Return the messages in ``body``: one, or one complaint for each request of a batch."""
    try:
        data = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        return [Malformed(None, JsonRpcParseError(f"Not a JSON message: {_first_line(problem)}"))]
    if isinstance(data, list):
        return _refuse_batch(data)
    if not isinstance(data, dict):
        return [Malformed(None, JsonRpcInvalidRequest(f"A message is an object, not {_kind(data)}"))]
    return [_read(data)]


def _read(data: dict[str, Any]) -> Message:
    if "method" not in data:
        return _read_response(data)
    method, params, message_id = data["method"], data.get("params"), data.get("id")
    if (problem := _problem(data)) is not None:
        return Malformed(_echo(message_id), problem)
    return Request(data["id"], method, params) if "id" in data else Notification(method, params)


def _problem(data: dict[str, Any]) -> JsonRpcException | None:
    """Return what is wrong with a message that has a method."""
    method, params = data["method"], data.get("params")
    if "id" in data and not is_message_id(data["id"]):
        return JsonRpcInvalidRequest(f"An id is an integer or a string, not {_kind(data['id'])}")
    if data.get("jsonrpc") != "2.0":
        return JsonRpcInvalidRequest("jsonrpc must be '2.0'")
    if not isinstance(method, str):
        return JsonRpcInvalidRequest(f"A method is a string, not {_kind(method)}")
    if "id" in data and not isinstance(params, dict | list | None):
        return JsonRpcInvalidParams(f"params must be an object or an array, not {_kind(params)}")
    return None


def _read_response(data: dict[str, Any]) -> Message:
    if "id" in data and ("result" in data or "error" in data):
        return Response(data["id"], data.get("result"), data.get("error"))
    return Malformed(
        _echo(data.get("id")), JsonRpcInvalidRequest("A message has a method, a result or an error")
    )


def _refuse_batch(batch: list[Any]) -> list[Message]:
    error = JsonRpcInvalidRequest("There are no batches in LSP; send each message in a frame of its own")
    ids = [item["id"] for item in batch if isinstance(item, dict) and "method" in item and "id" in item]
    readable = [message_id for message_id in ids if is_message_id(message_id)]
    return [Malformed(message_id, error) for message_id in readable or [None]]


def is_message_id(value: Any) -> bool:
    """Return whether ``value`` may identify a request: an integer or a string (``True`` is neither)."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def _echo(value: Any) -> MessageId | float | None:
    readable = is_message_id(value) or (isinstance(value, float) and math.isfinite(value))
    return value if readable else None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _first_line(problem: BaseException) -> str:
    return "nested too deeply" if isinstance(problem, RecursionError) else str(problem).splitlines()[0][:200]
