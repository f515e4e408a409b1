"""What goes over each wire: the parts in which the providers differ."""

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import ChatMessage, ToolCall, ToolSpec
from codecompanion.contracts.plan import Plan
from codecompanion.router.scripted_server import Reply

READ = ToolSpec(name="read_file", description="Read.", parameters={"type": "object", "properties": {}})
SCHEMA = Plan.model_json_schema()


@pytest.fixture
def sent(clients, ask, answer):
    """The body a client sends: ``await sent(kind, model="m", **request)``."""

    async def send(kind, model="m", **fields):
        client, server = await clients(kind, [Reply(text="ok")])
        await answer(client.stream(ask(**fields), model))
        return server.requests[0].body

    return send


def round_of(calls):
    """A conversation in which ``calls`` were made and answered."""
    results = tuple(
        ChatMessage(role="tool", text=f"result {call.id}", tool_call_id=call.id, tool_name=call.name)
        for call in calls
    )
    return (
        ChatMessage(role="user", text="look"),
        ChatMessage(role="assistant", text="Looking.", tool_calls=calls),
        *results,
    )


CALLS = (
    ToolCall(id="a", name="read_file", arguments={"path": "x"}),
    ToolCall(id="b", name="read_file", arguments={}),
)


async def test_anthropic_marks_what_to_cache(sent):
    mark = {"type": "ephemeral"}
    alone = await sent("anthropic")
    assert alone["system"][-1]["cache_control"] == mark
    assert "cache_control" not in alone["messages"][-1]["content"][-1]
    with_tools = await sent("anthropic", tools=(READ,))
    assert with_tools["messages"][-1]["content"][-1]["cache_control"] == mark
    longer = await sent("anthropic", messages=round_of(CALLS))
    marked = [
        block for message in longer["messages"] for block in message["content"] if "cache_control" in block
    ]
    assert marked == [{"type": "tool_result", "tool_use_id": "b", "content": "result b", "cache_control": mark}]


async def test_anthropic_gets_all_results_in_one_turn(sent):
    body = await sent("anthropic", messages=round_of(CALLS))
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert [block["tool_use_id"] for block in body["messages"][2]["content"]] == ["a", "b"]
    assert [block["type"] for block in body["messages"][1]["content"]] == ["text", "tool_use", "tool_use"]


async def test_anthropic_gets_no_empty_text(sent):
    messages = (ChatMessage(role="user", text="hi"), ChatMessage(role="assistant", text=" "))
    body = await sent("anthropic", messages=messages, system="")
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert "system" not in body


async def test_the_limit_goes_by_the_name_each_api_knows(sent):
    assert (await sent("anthropic", max_tokens=7))["max_tokens"] == 7
    assert (await sent("responses", max_tokens=7))["max_output_tokens"] == 7
    assert (await sent("gemini", max_tokens=7))["generationConfig"]["maxOutputTokens"] == 7
    local = await sent("local", max_tokens=7)
    assert local["max_tokens"] == 7
    assert "max_completion_tokens" not in local


def test_openai_itself_is_given_the_new_name(client_at, ask):
    for url in (None, "https://api.openai.com/v1"):
        parameters = client_at("chat", url)._parameters(ask(max_tokens=7), "gpt-x")
        assert parameters["max_completion_tokens"] == 7
        assert "max_tokens" not in parameters


async def test_a_schema_goes_in_each_apis_own_form(sent):
    chat = (await sent("local", answer_schema=SCHEMA))["response_format"]["json_schema"]
    responses = (await sent("responses", answer_schema=SCHEMA))["text"]["format"]
    for form in (chat, responses):
        assert form["strict"] is True
        assert form["schema"]["additionalProperties"] is False
    anthropic = (await sent("anthropic", answer_schema=SCHEMA))["output_config"]["format"]
    assert anthropic["type"] == "json_schema"
    assert anthropic["schema"]["additionalProperties"] is False
    gemini = (await sent("gemini", answer_schema=SCHEMA))["generationConfig"]
    assert gemini["responseMimeType"] == "application/json"
    assert gemini["responseJsonSchema"]["required"] == ["summary", "complexity", "tasks", "leftOut"]


async def test_a_schema_with_free_keys_is_asked_for_loosely(sent):
    form = (await sent("local", answer_schema=ToolCall.model_json_schema()))["response_format"]["json_schema"]
    assert form["strict"] is False
    assert "arguments" in form["schema"]["properties"]


async def test_where_tools_and_a_schema_exclude_each_other_the_tools_stay(sent):
    both = {"tools": (READ,), "answer_schema": SCHEMA}
    assert "response_format" not in await sent("local", **both)
    assert "responseJsonSchema" not in (await sent("gemini", **both))["generationConfig"]
    assert "text" in await sent("responses", **both)
    assert "output_config" in await sent("anthropic", **both)
    for kind in ("local", "gemini", "responses", "anthropic"):
        assert "tools" in await sent(kind, **both)


async def test_nothing_is_stored_at_openai(sent):
    body = await sent("responses", tools=(READ,))
    assert body["store"] is False
    assert body["tools"][0]["strict"] is False


@pytest.fixture
def two_rounds(clients, ask, answer):
    """What a model thought in the first round comes back in the second; the second may ask another model."""

    async def play(kind, first="model-a", second="model-a"):
        client, server = await clients(
            kind, [Reply(text="Hm.", thought="deep", tool_calls=CALLS), Reply(text="ok")]
        )
        got = await answer(client.stream(ask(tools=(READ,)), first))
        assert "deep" not in got.text
        messages = round_of(tuple(got.calls))
        await answer(client.stream(ask(tools=(READ,), messages=messages), second))
        return server.requests[1].body

    return play


async def test_anthropic_gets_its_thinking_back_in_its_place(two_rounds):
    blocks = (await two_rounds("anthropic"))["messages"][1]["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use", "tool_use"]
    assert blocks[0] == {"type": "thinking", "thinking": "deep", "signature": "signed: deep"}
    assert blocks[1]["text"] == "Hm."
    assert blocks[2]["input"] == {"path": "x"}


async def test_openai_gets_its_reasoning_back_in_its_place(two_rounds):
    items = (await two_rounds("responses"))["input"]
    assert [item.get("type", "user") for item in items] == [
        "user",
        "reasoning",
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
    ]
    assert items[1]["encrypted_content"] == "sealed: deep"


async def test_gemini_gets_its_signature_back_on_the_call_it_came_with(two_rounds):
    parts = (await two_rounds("gemini", "gemini-3.8-flash", "gemini-3.8-flash"))["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [None, "c2lnbmVkOiBkZWVw", None]


async def test_another_model_gets_none_of_it(two_rounds):
    anthropic = await two_rounds("anthropic", second="model-b")
    assert [block["type"] for block in anthropic["messages"][1]["content"]] == ["text", "tool_use", "tool_use"]
    responses = await two_rounds("responses", second="model-b")
    assert all(item.get("type") != "reasoning" for item in responses["input"])
    gemini = await two_rounds("gemini", "gemini-3.8-flash", "gemini-2.5-flash")
    assert all("thoughtSignature" not in part for part in gemini["contents"][1]["parts"])


async def test_gemini_3_is_told_that_a_call_was_not_its_own(sent):
    body = await sent("gemini", "gemini-3.8-flash", messages=round_of(CALLS))
    signatures = [part.get("thoughtSignature") for part in body["contents"][1]["parts"]]
    # "skip_thought_signature_validator", which Google documents for this
    assert signatures == [None, "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=", None]


# -- streams that no scripted provider sends --------------------------------------------------------------


def chunk(delta, reason=None, **more):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


def tool(index=None, id=None, name=None, arguments=""):
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    fragment = {"index": index, "id": id, "function": function}
    return chunk({"tool_calls": [{key: value for key, value in fragment.items() if value is not None}]})


@pytest.fixture
def heard(serve_events, client_at, ask, answer):
    """The answer that a client reads from ``events``."""

    async def listen(kind, events, model="m", messages=None, **options):
        client = client_at(kind, await serve_events(events, **options))
        try:
            return await answer(client.stream(ask(messages=messages, tools=(READ,)), model))
        finally:
            await client.close()

    return listen


async def test_calls_without_ids_get_new_ones(heard):
    events = [
        tool(0, None, "read_file", '{"path":'),
        tool(0, arguments='"x"}'),
        chunk({}, "tool_calls"),
        "[DONE]",
    ]
    assert [(call.id, call.arguments) for call in (await heard("local", events)).calls] == [
        ("call-1", {"path": "x"})
    ]
    later = await heard("local", events, messages=round_of(CALLS))
    assert [call.id for call in later.calls] == ["call-3"]


async def test_calls_that_are_not_numbered_are_whole_ones(heard):
    events = [tool(None, "a", "read_file", "{}"), tool(None, "b", "read_file", '{"n": 1}'), chunk({}, "stop")]
    got = await heard("local", events)
    assert [(call.id, call.arguments) for call in got.calls] == [("a", {}), ("b", {"n": 1})]


@pytest.mark.parametrize("arguments", ['{"path": ', "[1]", "none at all"])
async def test_arguments_that_are_no_object_reach_the_tools_check(heard, arguments):
    events = [tool(0, "a", "read_file", arguments), chunk({}, "tool_calls"), "[DONE]"]
    got = await heard("local", events)
    assert [call.arguments for call in got.calls] == [{"not_json": arguments}]


async def test_an_end_without_usage_costs_an_unknown_amount(heard):
    got = await heard("chat", [chunk({"content": "ok"}), "[DONE]"], model="gpt-6.1-sol")
    assert got.finished[0].usage.model_dump() == {
        "inputTokens": 0, "outputTokens": 0, "cachedTokens": 0, "cost": None,
    }  # fmt: skip


async def fault_of(heard, kind, events, **options):
    with pytest.raises(ProviderError) as caught:
        await heard(kind, events, **options)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        ("chat", [chunk({"refusal": "I cannot."}), chunk({}, "stop"), "[DONE]"]),
        ("chat", [chunk({"content": "Well"}), chunk({}, "content_filter"), "[DONE]"]),
        (
            "responses",
            [
                {"type": "response.refusal.done", "refusal": "I cannot."},
                {"type": "response.completed", "response": {}},
            ],
        ),
        (
            "anthropic",
            [
                {"type": "message_start", "message": {}},
                {"type": "message_delta", "delta": {"stop_reason": "refusal"}},
                {"type": "message_stop"},
            ],
        ),
        ("gemini", [{"candidates": [{"finishReason": "SAFETY"}]}]),
        ("gemini", [{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}]),
    ],
)
async def test_a_model_that_declines(heard, kind, events):
    error = await fault_of(heard, kind, events)
    assert error.fault is ProviderFault.BAD_REQUEST
    assert "declined to answer" in str(error)


@pytest.mark.parametrize(
    ("kind", "event", "expected"),
    [
        ("chat", {"error": {"message": "busy", "code": 502}}, ProviderFault.UNAVAILABLE),
        ("chat", {"error": "out of memory"}, ProviderFault.UNAVAILABLE),
        ("chat", {"error": {"message": "slow down", "code": 429}}, ProviderFault.RATE_LIMITED),
        (
            "anthropic",
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            ProviderFault.UNAVAILABLE,
        ),
        (
            "anthropic",
            {"type": "error", "error": {"type": "rate_limit_error", "message": "wait"}},
            ProviderFault.RATE_LIMITED,
        ),
        (
            "responses",
            {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "oops"}}},
            ProviderFault.UNAVAILABLE,
        ),
        (
            "responses",
            {"type": "error", "code": "rate_limit_exceeded", "message": "slow"},
            ProviderFault.RATE_LIMITED,
        ),
        (
            "gemini",
            {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}},
            ProviderFault.UNAVAILABLE,
        ),
    ],
)
async def test_an_error_in_the_middle_of_a_stream(heard, kind, event, expected):
    assert (await fault_of(heard, kind, [event])).fault is expected


async def test_gemini_says_how_long_to_wait(heard):
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
    event = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": [detail]}}
    assert (await fault_of(heard, "gemini", [event])).retry_after == 34.5


async def test_a_call_gemini_could_not_finish(heard):
    error = await fault_of(heard, "gemini", [{"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]}])
    assert error.fault is ProviderFault.NONSENSE
    assert "MALFORMED_FUNCTION_CALL" in str(error)


@pytest.mark.parametrize(
    "events",
    [
        ["[]"],
        ["7"],
        [{"choices": 7}],
        [{"choices": [7]}],
        [{"type": "content_block_delta", "index": 3, "delta": {}}],
        [{"type": "response.completed"}],
        [{"candidates": 7}],
        [{"candidates": [{"content": []}]}],
    ],
)
async def test_nonsense_is_told_as_such_and_not_raised_as_it_falls(heard, wire, events):
    error = await fault_of(heard, wire, events)
    assert error.fault in (ProviderFault.NONSENSE, ProviderFault.CUT_STREAM)


async def test_an_answer_that_is_no_stream(heard, wire):
    error = await fault_of(heard, wire, ["not JSON"], content_type="application/x-unknown")
    assert error.fault is ProviderFault.NONSENSE
    assert "sent application/x-unknown instead of a stream of events" in str(error)


def test_a_bare_address_gets_the_version_every_server_has(client_at):
    for given, used in (
        ("http://127.0.0.1:1", "http://127.0.0.1:1/v1/"),
        ("http://127.0.0.1:1/api/v3", "http://127.0.0.1:1/api/v3/"),
    ):
        assert str(client_at("local", given)._open().base_url) == used
    assert str(client_at("anthropic", "http://127.0.0.1:1/v1")._open().base_url) == "http://127.0.0.1:1"
