"""The scripted server, judged by the official SDKs' own typed interfaces and by its own documentation."""

import asyncio
import re
import time

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from codecompanion.contracts.model_calls import ToolCall
from codecompanion.router import scripted_server
from codecompanion.router.scripted_server import Reply, ScriptedServer, faults

CALL = ToolCall(id="call-a", name="read_file", arguments={"path": "ü.py"})
WITH_ALL = Reply(text="One two three.", thought="hm", tool_calls=(CALL,), cached_tokens=1, times=None)
PLAIN = Reply(text="One two three.", times=None)


async def test_the_example_in_its_documentation_runs(templates, capsys):
    example = re.search(r"::\n\n((?:    .*\n|\n)+)", scripted_server.__doc__)[1]
    scope = {}
    exec(re.sub(r"^    ", "", example, flags=re.MULTILINE), scope)
    await scope["main"](templates)
    assert capsys.readouterr().out == "Hello from the script.\n2 requests, the last for some-model\n"


async def test_chat_completions_by_the_openai_sdk():
    async with (
        ScriptedServer([WITH_ALL]) as server,
        openai.AsyncOpenAI(api_key="k", base_url=server.openai_url, max_retries=0) as sdk,
    ):
        ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        whole = await sdk.chat.completions.create(**ask)
        async with sdk.chat.completions.stream(**ask) as stream:
            streamed = await stream.get_final_completion()
    for got in (whole, streamed):
        message = got.choices[0].message
        assert message.content == "One two three."
        assert message.tool_calls[0].function.name == "read_file"
        assert got.choices[0].finish_reason == "tool_calls"
        assert whole.usage.prompt_tokens_details.cached_tokens == 1


async def test_responses_by_the_openai_sdk():
    async with (
        ScriptedServer([WITH_ALL]) as server,
        openai.AsyncOpenAI(api_key="k", base_url=server.openai_url, max_retries=0) as sdk,
    ):
        whole = await sdk.responses.create(model="m", input="hi")
        events = [event async for event in await sdk.responses.create(model="m", input="hi", stream=True)]
    for got in (whole, events[-1].response):
        assert got.output_text == "One two three."
        assert [item.type for item in got.output] == ["reasoning", "message", "function_call"]
        assert got.output[2].arguments == '{"path": "\\u00fc.py"}'
        assert got.usage.output_tokens_details.reasoning_tokens == 1
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert deltas == ["One", " two", " three."]


async def test_messages_by_the_anthropic_sdk():
    async with (
        ScriptedServer([WITH_ALL]) as server,
        anthropic.AsyncAnthropic(api_key="k", base_url=server.url, max_retries=0) as sdk,
    ):
        ask = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        whole = await sdk.messages.create(**ask)
        async with sdk.messages.stream(**ask) as stream:
            streamed = await stream.get_final_message()
    assert [block.type for block in whole.content] == ["text", "tool_use"]
    assert [block.type for block in streamed.content] == ["thinking", "text", "tool_use"]
    for got in (whole, streamed):
        assert got.content[-2].text == "One two three."
        assert got.content[-1].input == {"path": "ü.py"}
        assert got.stop_reason == "tool_use"
        assert got.usage.cache_read_input_tokens == 1


async def test_generate_content_by_the_google_sdk():
    async with ScriptedServer([WITH_ALL]) as server:
        sdk = genai.Client(
            api_key="k", http_options=types.HttpOptions(base_url=server.url, api_version="v1beta")
        )
        async with sdk.aio as aio:
            whole = await aio.models.generate_content(model="m", contents="hi")
            chunks = [c async for c in await aio.models.generate_content_stream(model="m", contents="hi")]
        sdk.close()
    assert "".join(part.text or "" for part in whole.candidates[0].content.parts) == "One two three."
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert "".join(part.text or "" for part in parts if not part.thought) == "One two three."
    call = next(part for part in parts if part.function_call)
    assert (call.function_call.args, call.thought_signature) == ({"path": "ü.py"}, b"signed: hm")
    assert chunks[-1].candidates[0].finish_reason.name == "STOP"
    assert whole.usage_metadata.cached_content_token_count == 1


async def test_replies_go_out_in_order_to_whom_they_fit(clients, ask, answer):
    client, server = await clients(
        "anthropic",
        [
            Reply(text="for b", when=lambda asked: "b" in asked.text),
            Reply(text="first"),
            Reply(text="any number", times=None),
        ],
    )
    got = [(await answer(client.stream(ask(text), "m"))).text for text in ("a", "b", "b", "c")]
    assert got == ["first", "for b", "any number", "any number"]
    assert [asked.text for asked in server.requests] == ["a", "b", "b", "c"]


async def test_a_script_that_is_over_says_so(clients, kind, ask, answer):
    client, _ = await clients(kind, [])
    with pytest.raises(Exception, match=r"no reply left for the request that ends 'Say hello\.'"):
        await answer(client.stream(ask(), "m"))


async def test_the_pace_is_kept(clients, ask, answer):
    client, _ = await clients(
        "anthropic", [Reply(text="word " * 20, tokens_per_second=100, first_token_after=0.1)]
    )
    await client.sdk()
    began = time.monotonic()
    await answer(client.stream(ask(), "m"))
    assert 0.28 <= time.monotonic() - began < 1.0


async def test_leaving_the_server_ends_what_hangs(client_at, ask):
    async with ScriptedServer([Reply(fault=faults.hang())]) as server:
        client = client_at("anthropic", server.url)
        reading = asyncio.create_task(anext(client.stream(ask(), "m")))
        await server.until_requests()
    with pytest.raises(Exception, match="broke off"):
        await reading
    await client.close()


async def test_an_unknown_path_is_not_found():
    async with ScriptedServer([]) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        writer.write(b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("body", [b"not JSON", b"[]", b"{}", b'{"model": "m", "messages": 7}'])
async def test_a_request_that_is_none_is_refused(body):
    async with ScriptedServer([PLAIN]) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()
        await writer.wait_closed()
        assert server.requests == []


async def test_a_script_that_fails_says_so(clients, ask, answer, caplog):
    def script(asked):
        raise RuntimeError("a slip of the script")

    client, _ = await clients("anthropic", script)
    with pytest.raises(Exception, match="a slip of the script"):
        await answer(client.stream(ask(), "m"))
    assert "the script failed" in caplog.text
