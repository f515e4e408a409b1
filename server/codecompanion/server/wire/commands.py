"""``workspace/executeCommand``: which command, with what, for which progress."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from codecompanion.server.wire.envelope import MessageId, Request, is_message_id

ProgressToken = int | str


@dataclass(frozen=True)
class CommandCall:
    """One call of a command.

    ``arguments`` are the client's raw JSON values, ``[]`` when it sent none. ``work_done_token`` may be used
    until the call is answered, and not after: adopt it with ``server.reporter.begin(token=…)``.
    """

    command: str
    arguments: list[Any] = field(default_factory=list)
    work_done_token: ProgressToken | None = None
    request_id: MessageId = 0


CommandHandler = Callable[[CommandCall], Any]


def read_call(request: Request) -> CommandCall:
    """Read the raw parameters of ``workspace/executeCommand``; raises ``JsonRpcInvalidParams``."""
    params = request.params
    if not isinstance(params, dict) or not isinstance(command := params.get("command"), str):
        raise JsonRpcInvalidParams("workspace/executeCommand needs the name of a command")
    arguments = params.get("arguments")
    if not isinstance(arguments, list | None):
        raise JsonRpcInvalidParams(f"The arguments of {command} are a list, not {arguments!r}"[:300])
    token = params.get("workDoneToken")
    if token is not None and not is_message_id(token):
        raise JsonRpcInvalidParams(f"A workDoneToken is an integer or a string, not {token!r}"[:300])
    return CommandCall(command, arguments or [], token, request.id)


def find_handler(commands: Mapping[str, CommandHandler], name: str) -> CommandHandler:
    """Return the handler of a command; raises ``JsonRpcInvalidParams`` that names the known ones."""
    if (handler := commands.get(name)) is None:
        known = ", ".join(sorted(commands)) or "none"
        raise JsonRpcInvalidParams(f"Unknown command {name[:200]!r}; known: {known}")
    return handler
