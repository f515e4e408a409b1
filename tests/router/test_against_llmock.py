"""Our clients, with the official SDKs in them, against a server that others wrote: llmock."""

import json
import sys
from pathlib import Path

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import ToolSpec
from codecompanion.contracts.plan import Plan

pytestmark = pytest.mark.needs("llmock")

# chat completions by the client for local servers; OpenAI's own differs in one name only
MODELS = {
    "anthropic": "claude-sonnet-5-5",
    "responses": "gpt-6.1-sol",
    "local": "qwen2.5-coder:7b",
    "gemini": "gemini-3.8-flash",
}
FOLDERS = {"anthropic": "/anthropic", "gemini": "/gemini"}
READ = ToolSpec(name="read_file", description="Read.", parameters={"type": "object", "properties": {}})

FAULTS = [
    ({"type": "fail", "status": 401}, ProviderFault.REFUSED_KEY),
    ({"type": "fail", "status": 404, "message": "no such model"}, ProviderFault.UNKNOWN_MODEL),
    ({"type": "fail", "status": 429, "retry_after": 7}, ProviderFault.RATE_LIMITED),
    ({"type": "fail", "status": 500}, ProviderFault.UNAVAILABLE),
    ({"type": "fail", "status": 529}, ProviderFault.UNAVAILABLE),
    ({"type": "stream_fault", "kind": "disconnect"}, ProviderFault.CUT_STREAM),
    ({"type": "stream_fault", "kind": "truncate"}, ProviderFault.CUT_STREAM),
    ({"type": "stream_fault", "kind": "malformed"}, ProviderFault.NONSENSE),
    ({"type": "stream_fault", "kind": "stall", "stall_seconds": 5}, ProviderFault.TIMEOUT),
]


@pytest.fixture(scope="module")
def url(start_program):
    program = str(Path(sys.executable).parent / "llmock")
    return start_program(
        lambda port: [program, "serve", "--host", "127.0.0.1", "--port", str(port), "--response-style", "hello"]
    )


@pytest.fixture(params=MODELS)
async def client(request, client_at, url):
    made = client_at(request.param, url + FOLDERS.get(request.param, "/v1"))
    made.test_model = MODELS[request.param]
    yield made
    await made.close()


@pytest.fixture
def script(post, url):
    """Tell the server how to treat the next request."""

    async def tell(behavior):
        await post(f"{url}/_llmock/reset", {})
        await post(f"{url}/_llmock/scenario", {"behaviors": [behavior]})

    return tell


async def test_a_plain_answer(client, ask, answer):
    got = await answer(client.stream(ask("hello"), client.test_model))
    assert got.text == f"Hello! This is a mock response from {client.test_model}."
    assert got.finished[0].usage.output_tokens > 0
    assert len(got.parts) > 3


async def test_a_round_with_a_tool(client, look_twice):
    call, second = await look_twice(client, client.test_model)
    assert call.name == "read_file"
    assert isinstance(call.arguments["path"], str)
    assert second.calls == []
    assert second.text


# this server does not know how Anthropic is asked for a schema
@pytest.mark.parametrize("client", ["responses", "local", "gemini"], indirect=True)
async def test_an_answer_by_schema(client, ask, answer):
    request = ask("plan", answer_schema=Plan.model_json_schema())
    got = await answer(client.stream(request, client.test_model))
    assert set(json.loads(got.text)) == {"summary", "complexity", "tasks", "leftOut"}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_its_faults(client, script, ask, answer, fault):
    behavior, expected = fault
    await client.sdk()
    await script(behavior)
    with pytest.raises(ProviderError) as caught:
        await answer(client.stream(ask("hello", deadline=0.6), client.test_model))
    assert caught.value.fault is expected, str(caught.value)
    if "retry_after" in behavior:
        assert caught.value.retry_after == behavior["retry_after"]


async def test_arguments_that_are_no_json(client, script, ask, answer):
    await script({"type": "tool_fault", "kind": "malformed_arguments"})
    got = await answer(client.stream(ask("look", tools=(READ,)), client.test_model))
    assert got.calls[0].name == "read_file"
    assert got.calls[0].arguments.get("path") is None
