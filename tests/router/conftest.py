"""Clients of every kind over the scripted provider, and what the tests ask of them."""

import asyncio
import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, ExitStack, aclosing, suppress

import pytest
from pydantic import SecretStr

from codecompanion.contracts.errors import CannotBuild
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import (
    ChatMessage,
    Counted,
    Finished,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolSpec,
)
from codecompanion.contracts.plan import Plan
from codecompanion.router.prices import PriceList
from codecompanion.router.providers.anthropic_client import AnthropicClient
from codecompanion.router.providers.gemini_client import GeminiClient
from codecompanion.router.providers.openai_client import OpenAIClient
from codecompanion.router.providers.openai_responses import OpenAIResponsesClient
from codecompanion.router.providers.sdk import Connection
from codecompanion.router.scripted_client import ScriptedClient
from codecompanion.router.scripted_server import ScriptedServer

SECRET = "sk-scripted-0123456789abcdef"


def _local(connection):
    return OpenAIClient(connection, provider="local")


MAKERS = {
    "anthropic": (AnthropicClient, "url"),
    "responses": (OpenAIResponsesClient, "openai_url"),
    "chat": (OpenAIClient, "openai_url"),
    "local": (_local, "openai_url"),
    "gemini": (GeminiClient, "url"),
}


class Answer:
    """All parts of one answer; ``counted`` is what the provider said of the input meanwhile."""

    def __init__(self, parts):
        self.counted = [part for part in parts if isinstance(part, Counted)]
        self.parts = [part for part in parts if not isinstance(part, Counted)]
        self.text = "".join(part.text for part in parts if isinstance(part, TextDelta))
        self.calls = [part for part in parts if isinstance(part, ToolCall)]
        self.finished = [part for part in parts if isinstance(part, Finished)]


@pytest.fixture(params=[*MAKERS])
def wire(request):
    """Every client that talks HTTP."""
    return request.param


@pytest.fixture(params=[*MAKERS, "scripted"])
def kind(request):
    """Every client, the one without HTTP too."""
    return request.param


@pytest.fixture(scope="session")
def prices():
    """One price list for all, as in the product."""
    return PriceList()


@pytest.fixture
async def clients(prices):
    """Make clients and servers, closed at the end: ``client, server = await clients(kind, replies)``."""
    async with AsyncExitStack() as stack:

        async def make(kind, replies, *, key=SECRET, keys=None, silence=30.0):
            if kind == "scripted":
                client = ScriptedClient(replies)
                return client, client
            server = await stack.enter_async_context(ScriptedServer(replies, keys=keys))
            client = connect(kind, getattr(server, MAKERS[kind][1]), key=key, silence=silence, prices=prices)
            stack.push_async_callback(client.close)
            return client, server

        yield make


def connect(kind, url, *, key=SECRET, silence=30.0, prices=None):
    secret = SecretStr(key) if key else None
    return MAKERS[kind][0](Connection(secret, url, silence, prices or PriceList()))


@pytest.fixture
def client_at():
    """Make a client for an address: ``client_at(kind, url)``."""
    return connect


@pytest.fixture
def ask():
    """Make a request: the last word is ``text`` unless ``messages`` are given."""

    def make(text="Say hello.", *, messages=None, **fields):
        given = {"role": Role.CODE_GENERATOR, "system": "Be brief.", "deadline": 20.0, **fields}
        return ModelRequest(messages=messages or (ChatMessage(role="user", text=text),), **given)

    return make


@pytest.fixture
def answer():
    """Read a stream to its end."""

    async def read(stream: AsyncGenerator):
        async with aclosing(stream) as parts:
            return Answer([part async for part in parts])

    return read


@pytest.fixture
async def no_task_left():
    """Fail a test that leaves a task behind."""
    before = asyncio.all_tasks()
    yield
    # closing generators of the SDKs that lost their reader are given a moment
    for _ in range(20):
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not left:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"tasks are left: {left}")


class SmallTemplates:
    """A template library with one small project."""

    def plan(self, order):
        if "rocket" in order.request:
            raise CannotBuild("there are no rockets among the templates")
        task = {"id": "code", "title": "Write it", "role": "CodeGenerator", "files": ["shop.py"]}
        return Plan.model_validate(
            {"summary": f"A plan for {order.request}", "complexity": {"level": "small"}, "tasks": [task]}
        )

    def files(self, order, task_id):
        return [
            ("shop.py", f"REQUEST = {order.request!r}"),
            ("README.md", "```\nrun it\n```\n"),
            ("empty.py", ""),
        ]


@pytest.fixture
def templates():
    """What the offline provider builds from in these tests."""
    return SmallTemplates()


@pytest.fixture
async def serve_events():
    """Serve one fixed event stream to everyone: ``url = await serve_events([{…}, "[DONE]"])``."""
    async with AsyncExitStack() as stack:

        async def start(events, *, content_type="text/event-stream"):
            lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
            body = "".join(f"data: {line}\n\n" for line in lines).encode()
            fields = f"content-type: {content_type}\r\ncontent-length: {len(body)}"
            head = f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode()

            async def talk(reader, writer):
                with suppress(asyncio.IncompleteReadError):
                    while True:
                        asked = await reader.readuntil(b"\r\n\r\n")
                        length = re.search(rb"content-length: (\d+)", asked, re.IGNORECASE)
                        await reader.readexactly(int(length[1]))
                        writer.write(head + body)
                        await writer.drain()
                writer.close()

            server = await asyncio.start_server(talk, "127.0.0.1", 0)
            stack.callback(server.close)
            return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

        yield start


@pytest.fixture(scope="module")
def start_program(tmp_path_factory):
    """Start another's server: ``url = start_program(lambda port: [command, …])``; it is stopped at the end."""
    with ExitStack() as stack:

        def start(command_for):
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", 0))
                port = sock.getsockname()[1]
            log = stack.enter_context((tmp_path_factory.mktemp("server") / "log").open("w+"))
            process = subprocess.Popen(command_for(port), stdout=log, stderr=subprocess.STDOUT)
            stack.callback(stop_program, process)
            for _ in range(600):
                if process.poll() is None and is_listening(port):
                    return f"http://127.0.0.1:{port}"
                time.sleep(0.1)
            log.seek(0)
            return pytest.fail(f"{command_for(port)} did not listen within a minute: {log.read()}")

        yield start


def is_listening(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def stop_program(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def post():
    """Send JSON to a server's control address: ``await post(url, data)``."""

    def send(url, data):
        body = json.dumps(data).encode()
        request = urllib.request.Request(url, body, {"content-type": "application/json"}, method="POST")
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status

    async def off_the_loop(url, data):
        return await asyncio.to_thread(send, url, data)

    return off_the_loop


READ_FILE = ToolSpec(
    name="read_file",
    description="Read a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)


@pytest.fixture
def look_twice(ask, answer):
    """Play a round with a tool: the model calls it, gets the result, and answers."""

    async def play(client, model):
        user = ChatMessage(role="user", text="look")
        first = await answer(client.stream(ask(messages=(user,), tools=(READ_FILE,)), model))
        (call,) = first.calls
        messages = (
            user,
            ChatMessage(role="assistant", text=first.text, tool_calls=(call,)),
            ChatMessage(role="tool", text="x = 1", tool_call_id=call.id, tool_name=call.name),
        )
        return call, await answer(client.stream(ask(messages=messages, tools=(READ_FILE,)), model))

    return play


class Time:
    """A clock that only sleeping moves, and the sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def clock(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def world():
    return Time()
