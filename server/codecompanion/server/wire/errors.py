"""What a handler raises to answer a request with an error, and how an error looks on the wire.

From pygls: ``JsonRpcInvalidParams``, ``JsonRpcInvalidRequest``, ``JsonRpcContentModified``, … and the base
``JsonRpcException(message, code=…)``. Here: the codes it lacks. Anything else a handler raises is an
InternalError whose traceback goes to the log and not to the editor.
"""

from typing import Any

from pygls.exceptions import JsonRpcException, JsonRpcInternalError


class RequestFailed(JsonRpcException):
    """The request was well formed and could not be done; the message is a sentence for the user."""

    CODE = -32803
    MESSAGE = "The request failed"


class ServerCancelled(JsonRpcException):
    """The server gave the request up, for instance because it shuts down."""

    CODE = -32802
    MESSAGE = "The server is shutting down"


class ConnectionClosed(ConnectionError):
    """The client went away before it answered our request."""


def as_rpc_error(error: BaseException) -> JsonRpcException:
    """Return ``error`` itself if it has a code, else an InternalError that names it."""
    if isinstance(error, JsonRpcException):
        return error
    return JsonRpcInternalError(f"{type(error).__name__}: {error}")


def error_object(error: JsonRpcException) -> dict[str, Any]:
    """Return the ``error`` member of a response."""
    answer: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        answer["data"] = error.data
    return answer
