"""Our clients, with the official SDKs in them, against a server that others wrote: aimock."""

import json
from pathlib import Path

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault

pytestmark = [
    pytest.mark.needs("aimock"),
    # it ends Gemini's tool calls with a reason that Google's SDK warns of
    pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason:UserWarning"),
]

PROGRAM = Path(__file__).parent.parent.parent / ".parts/node_modules/@copilotkit/aimock/dist/cli.js"
MODELS = {
    "anthropic": "claude-sonnet-5-5",
    "responses": "gpt-6.1-sol",
    "local": "qwen2.5-coder:7b",
    "gemini": "gemini-3.8-flash",
}
FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": "hello"}, "response": {"content": "Hello from the other server, my friend."}},
        {
            "match": {"userMessage": "look", "hasToolResult": False},
            "response": {"toolCalls": [{"name": "read_file", "arguments": {"path": "a.py"}}]},
        },
        {"match": {"hasToolResult": True}, "response": {"content": "I have read it."}},
    ]
}


@pytest.fixture(scope="module")
def url(start_program, tmp_path_factory):
    fixtures = tmp_path_factory.mktemp("aimock") / "fixtures.json"
    fixtures.write_text(json.dumps(FIXTURES))
    return start_program(
        lambda port: ["node", str(PROGRAM), "-p", str(port), "-f", str(fixtures), "--log-level", "warn"]
    )


@pytest.fixture(params=MODELS)
async def client(request, client_at, url):
    made = client_at(request.param, url if request.param in ("anthropic", "gemini") else f"{url}/v1")
    made.test_model = MODELS[request.param]
    yield made
    await made.close()


async def test_a_plain_answer(client, ask, answer):
    got = await answer(client.stream(ask("hello"), client.test_model))
    assert got.text == "Hello from the other server, my friend."
    assert len(got.parts) > 2


async def test_a_round_with_a_tool(client, look_twice):
    call, second = await look_twice(client, client.test_model)
    assert (call.name, call.arguments) == ("read_file", {"path": "a.py"})
    assert second.text == "I have read it."


@pytest.fixture(
    params=[
        ("dropRate", ProviderFault.UNAVAILABLE),
        ("malformedRate", ProviderFault.NONSENSE),
        ("disconnectRate", ProviderFault.CUT_STREAM),
    ]
)
async def fault_of_chaos(request, url, post):
    """Let every call go wrong in one way, and name the fault it should be."""
    chaos, expected = request.param
    await post(f"{url}/__aimock/chaos", {chaos: 1})
    yield expected
    await post(f"{url}/__aimock/chaos", {chaos: 0})


async def test_its_faults(client, fault_of_chaos, ask, answer):
    with pytest.raises(ProviderError) as caught:
        await answer(client.stream(ask("hello"), client.test_model))
    assert caught.value.fault is fault_of_chaos, str(caught.value)
