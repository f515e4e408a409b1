"""What every client of a provider keeps, whichever wire it speaks."""

import asyncio
import json
import time

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import ChatMessage, Finished, TextDelta, ToolCall, ToolSpec
from codecompanion.contracts.plan import Plan
from codecompanion.router.scripted_server import Reply, faults

READ = ToolSpec(
    name="read_file",
    description="Read a file.",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
# characters that Python, but no event stream, takes for line ends; and some that UTF-8 spreads over bytes
TRICKY = "Zeile\u2028eins\u0085 zwei\x0b drei 🙂 ünï\r\nvier\n\n  fünf"


async def test_text_comes_in_pieces_and_then_the_end(clients, kind, ask, answer):
    client, _ = await clients(kind, [Reply(text="One two three four.")])
    got = await answer(client.stream(ask(), "m"))
    assert got.text == "One two three four."
    assert len(got.parts) > 3
    assert [type(part) for part in got.parts[:-1]] == [TextDelta] * (len(got.parts) - 1)
    assert isinstance(got.parts[-1], Finished)
    assert got.parts[-1].provider == client.name
    assert got.parts[-1].model == "m"
    assert not got.parts[-1].truncated


async def test_every_character_arrives_as_it_was_sent(clients, kind, ask, answer):
    client, _ = await clients(kind, [Reply(text=TRICKY)])
    assert (await answer(client.stream(ask(), "m"))).text == TRICKY


async def test_tokens_are_counted(clients, kind, ask, answer):
    client, _ = await clients(kind, [Reply(text="One two three.", cached_tokens=3)])
    request = ask("word " * 100)
    usage = (await answer(client.stream(request, "m"))).finished[0].usage
    assert usage.input_tokens == (len("word " * 100) + len("Be brief.")) // 4 + 1
    assert usage.output_tokens == 3
    assert usage.cached_tokens == 3


async def test_system_and_messages_arrive(clients, kind, ask, answer):
    client, server = await clients(kind, [Reply(text="ok")])
    messages = (
        ChatMessage(role="user", text="first"),
        ChatMessage(role="assistant", text="second"),
        ChatMessage(role="user", text="third"),
    )
    await answer(client.stream(ask(messages=messages), "some-model"))
    asked = server.requests[0]
    assert asked.system == "Be brief."
    assert asked.texts == ("first", "second", "third")
    assert asked.model == "some-model"


async def test_tool_calls_come_whole_and_in_order(clients, kind, ask, answer):
    calls = (
        ToolCall(id="call-a", name="read_file", arguments={"path": "größe 🙂.py", "lines": [1, 2]}),
        ToolCall(id="call-b", name="read_file", arguments={}),
    )
    client, server = await clients(kind, [Reply(text="Looking.", tool_calls=calls)])
    got = await answer(client.stream(ask(tools=(READ,)), "m"))
    assert got.text == "Looking."
    assert [(call.id, call.name, call.arguments) for call in got.calls] == [
        (call.id, call.name, call.arguments) for call in calls
    ]
    assert server.requests[0].tools == ("read_file",)
    assert isinstance(got.parts[-1], Finished)


async def test_a_call_without_text_is_an_answer(clients, kind, ask, answer):
    calls = (ToolCall(id="call-a", name="read_file", arguments={"path": "a"}),)
    client, _ = await clients(kind, [Reply(tool_calls=calls)])
    got = await answer(client.stream(ask(tools=(READ,)), "m"))
    assert [call.id for call in got.calls] == ["call-a"]


async def test_tool_results_go_back(clients, kind, ask, answer):
    client, server = await clients(kind, [Reply(text="ok")])
    call = ToolCall(id="call-a", name="read_file", arguments={"path": "a.py"})
    messages = (
        ChatMessage(role="user", text="look"),
        ChatMessage(role="assistant", tool_calls=(call,)),
        ChatMessage(role="tool", text="x = 1", tool_call_id="call-a", tool_name="read_file"),
    )
    await answer(client.stream(ask(messages=messages, tools=(READ,)), "m"))
    assert "x = 1" in server.requests[0].text


async def test_an_answer_cut_by_its_limit_says_so(clients, kind, ask, answer):
    client, _ = await clients(kind, [Reply(text="half an ans", truncated=True)])
    got = await answer(client.stream(ask(max_tokens=3), "m"))
    assert got.text == "half an ans"
    assert got.finished[0].truncated


async def test_a_schema_is_asked_for(clients, kind, ask, answer):
    text = json.dumps({"summary": "s"})
    client, server = await clients(kind, [Reply(text=text)])
    got = await answer(client.stream(ask(answer_schema=Plan.model_json_schema()), "m"))
    assert json.loads(got.text) == {"summary": "s"}
    assert set(server.requests[0].schema["properties"]) == {"summary", "complexity", "tasks", "leftOut"}


async def test_one_client_serves_many_calls_at_once(clients, kind, ask, answer):
    client, server = await clients(kind, lambda asked: Reply(text=f"You said {asked.text}"))
    streams = [client.stream(ask(f"number {n}"), "m") for n in range(8)]
    got = await asyncio.gather(*(answer(stream) for stream in streams))
    assert [one.text for one in got] == [f"You said number {n}" for n in range(8)]
    assert len(server.requests) == 8


@pytest.mark.usefixtures("no_task_left")
async def test_closing_the_stream_closes_the_connection(clients, wire, ask):
    client, server = await clients(wire, [Reply(text="word " * 500, tokens_per_second=50)])
    stream = client.stream(ask(), "m")
    while not isinstance(await anext(stream), TextDelta):
        pass
    began = time.monotonic()
    await stream.aclose()
    async with asyncio.timeout(1):
        await server.until_disconnects()
    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("no_task_left")
@pytest.mark.parametrize("reply", [Reply(text="word " * 500, tokens_per_second=20), Reply(fault=faults.hang())])
async def test_cancelling_the_reader_closes_the_connection(clients, wire, ask, answer, reply):
    client, server = await clients(wire, [reply])
    reading = asyncio.create_task(answer(client.stream(ask(), "m")))
    await server.until_requests()
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    async with asyncio.timeout(1):
        await server.until_disconnects()


async def test_a_client_can_be_used_after_close(clients, wire, ask, answer):
    client, _ = await clients(wire, [Reply(text="ok", times=None)])
    await answer(client.stream(ask(), "m"))
    await client.close()
    assert (await answer(client.stream(ask(), "m"))).text == "ok"


async def test_the_key_is_checked(clients, wire):
    client, _ = await clients(wire, [], key="good-key-123", keys={"good-key-123"})
    state = await client.check()
    assert (state.provider, state.configured, state.checked) == (client.name, True, "accepted")


async def test_a_refused_key_is_seen_by_the_check(clients, wire):
    client, _ = await clients(wire, [], key="bad-key-456", keys={"good-key-123"})
    state = await client.check()
    assert state.checked == "refused"
    assert "bad-key-456" not in state.note


async def test_a_server_that_is_away_is_unreachable(client_at, wire):
    client = client_at(wire, "http://127.0.0.1:9")
    assert (await client.check()).checked == "unreachable"
    await client.close()


async def test_a_missing_key_is_told_without_a_call(client_at, wire, ask, answer):
    client = client_at(wire, None, key="")
    with pytest.raises(ProviderError) as caught:
        await answer(client.stream(ask(), "m"))
    assert caught.value.fault is ProviderFault.MISSING_KEY
    assert "is not set" in str(caught.value)
    state = await client.check()
    assert not state.configured


async def test_a_scripted_client_always_passes_its_check(clients):
    client, _ = await clients("scripted", [])
    assert (await client.check()).checked == "accepted"


@pytest.mark.parametrize("kind", ["anthropic", "gemini"])
async def test_the_input_is_counted_before_the_answer_where_the_provider_tells_it(clients, kind, ask, answer):
    client, _ = await clients(kind, [Reply(text="One two.", cached_tokens=2)])
    got = await answer(client.stream(ask("Say these five words, please."), "m"))
    (counted,), (finished,) = got.counted, got.finished
    assert counted.input_tokens == finished.usage.input_tokens > 2
    assert counted.cached_tokens == finished.usage.cached_tokens == 2
