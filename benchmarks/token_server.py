"""An OpenAI-compatible server that notes the moment it sends each token; runs in a thread of its own.

The scripted server of the product paces its tokens but does not say when each one left; here that is the
whole point.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Speech:
    """What to answer: the tokens, how many a second (None: at once), and those whose sending is noted."""

    tokens: list[str]
    per_second: float | None = None
    noted: dict[int, str] = field(default_factory=dict)


class TokenServer:
    """Answers each chat with what ``answer(system, last text)`` returns; ``sent_at`` holds the notes."""

    def __init__(self, answer: Callable[[str, str], Speech]) -> None:
        self._answer = answer
        self.sent_at: dict[str, float] = {}
        self.url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                body = json.loads(await reader.readexactly(length))
                texts = [m["content"] for m in body["messages"]]
                await self._speak(self._answer(str(texts[0]), str(texts[-1])), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _speak(self, speech: Speech, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        loop = asyncio.get_running_loop()
        due = loop.time()
        for index, token in enumerate(speech.tokens):
            if speech.per_second:
                due += 1 / speech.per_second
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
            _event(writer, {"choices": [{"index": 0, "delta": {"role": "assistant", "content": token}}]})
            if index in speech.noted:
                self.sent_at[speech.noted[index]] = time.monotonic()
            await writer.drain()
        _event(writer, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        _event(
            writer, {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
        )
        _chunk(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def _event(writer: asyncio.StreamWriter, fields: dict[str, object]) -> None:
    whole = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", **fields}
    _chunk(writer, b"data: " + json.dumps(whole).encode() + b"\n\n")


def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))


@contextmanager
def token_server(answer: Callable[[str, str], Speech]) -> Iterator[TokenServer]:
    """Run a token server on a free port for as long as the block lasts."""
    server = TokenServer(answer)
    loop = asyncio.new_event_loop()
    listening = threading.Event()
    ending = asyncio.Event()
    connections: set[asyncio.Task[None]] = set()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a task of our own: Python 3.11 reports the cancellation of those that `start_server` makes as an error
        connection = loop.create_task(server._serve(reader, writer))
        connections.add(connection)
        connection.add_done_callback(connections.discard)

    async def main() -> None:
        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
        listening.set()
        await ending.wait()
        listener.close()

    def run() -> None:
        # its end cancels the answers under way and waits for them
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    listening.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(5)
