"""A language server for tests that only sends edits: those given on the command line, one after the other.

Usage: editing_server.py EDITS-AS-JSON. The request `tell` makes it send them; it answers with what the client
said to each, and with the notifications that came meanwhile.
"""

import json
import sys
from typing import Any


def read() -> dict[str, Any]:
    """Return the client's next message."""
    length = 0
    while (line := sys.stdin.buffer.readline().strip()) != b"":
        length = int(line.split(b":")[1])
    message: dict[str, Any] = json.loads(sys.stdin.buffer.read(length))
    return message


def send(message: dict[str, Any]) -> None:
    """Send a message to the client."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    sys.stdout.buffer.flush()


def main() -> None:
    """Answer one client until it says `exit`."""
    edits = json.loads(sys.argv[1])
    answers: list[Any] = []
    notified: list[Any] = []
    while True:
        message = read()
        match message:
            case {"method": "tell", "id": ask}:
                for number, edit in enumerate(edits):
                    send({"id": f"edit-{number}", "method": "workspace/applyEdit", "params": {"edit": edit}})
                    while (reply := read()).get("id") != f"edit-{number}":
                        notified.append([reply["method"], reply["params"]])
                    answers.append(reply["result"])
                send({"id": ask, "result": {"answers": answers, "notified": notified}})
            case {"method": "exit"}:
                return
            case {"id": ask}:
                send({"id": ask, "result": None})


main()
