"""Every fault on every wire: the right name for it, one sentence a person can act on, and nothing left over."""

import time
import traceback
from email.utils import formatdate

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import Counted, TextDelta
from codecompanion.router.config import PROVIDERS
from codecompanion.router.scripted_server import Reply, faults

SECRET = "hush-0123456789-abcdef"
LONG = "word " * 40

FAULTS = {
    "429": (faults.status(429), ProviderFault.RATE_LIMITED),
    "429 with a wait": (faults.status(429, retry_after=7), ProviderFault.RATE_LIMITED),
    "500": (faults.status(500), ProviderFault.UNAVAILABLE),
    "503": (faults.status(503, retry_after=3), ProviderFault.UNAVAILABLE),
    "529": (faults.status(529), ProviderFault.UNAVAILABLE),
    "408": (faults.status(408), ProviderFault.UNAVAILABLE),
    "400": (faults.status(400), ProviderFault.BAD_REQUEST),
    "401": (faults.status(401), ProviderFault.REFUSED_KEY),
    "403": (faults.status(403), ProviderFault.REFUSED_KEY),
    "no credit": (faults.no_credit(), ProviderFault.REFUSED_KEY),
    "404 model": (faults.status(404), ProviderFault.UNKNOWN_MODEL),
    "404 page": (faults.web_page(code=404), ProviderFault.NONSENSE),
    "context too long": (faults.too_long(), ProviderFault.BAD_REQUEST),
    "reset": (faults.reset(), ProviderFault.CUT_STREAM),
    "cut": (faults.cut(after=3), ProviderFault.CUT_STREAM),
    "cut politely": (faults.cut(after=3, politely=True), ProviderFault.CUT_STREAM),
    "bad JSON": (faults.garbage(), ProviderFault.NONSENSE),
    "bad JSON midway": (faults.garbage(after=3), ProviderFault.NONSENSE),
    "web page": (faults.web_page(), ProviderFault.NONSENSE),
    "web page of a proxy": (faults.web_page(code=502), ProviderFault.UNAVAILABLE),
    "redirection": (faults.redirection("http://127.0.0.1:9/"), ProviderFault.NONSENSE),
    "empty": (faults.empty(), ProviderFault.NONSENSE),
    "hang": (faults.hang(), ProviderFault.TIMEOUT),
    "hang midway": (faults.hang(after=3), ProviderFault.TIMEOUT),
    "a byte a second": (faults.trickle(), ProviderFault.TIMEOUT),
}


async def error_of(stream):
    """The parts before the error, and the error."""
    parts = []
    with pytest.raises(ProviderError) as caught:
        async for part in stream:
            if not isinstance(part, Counted):
                parts.append(part)
    return parts, caught.value


@pytest.mark.usefixtures("no_task_left")
@pytest.mark.parametrize("name", FAULTS)
async def test_fault(clients, kind, ask, name):
    fault, expected = FAULTS[name]
    client, server = await clients(kind, [Reply(text=LONG, fault=fault)], key=SECRET)
    await _ready(client)
    began = time.monotonic()
    parts, error = await error_of(client.stream(ask(deadline=0.4), "some-model"))
    assert time.monotonic() - began < 0.4 + 1.0
    assert error.fault is expected, str(error)
    assert error.provider == client.name
    assert all(isinstance(part, TextDelta) for part in parts)
    assert LONG.startswith("".join(part.text for part in parts))
    assert len(server.requests) == 1, "the client must not retry by itself"
    _is_readable(str(error), kind)
    assert SECRET not in "".join(traceback.format_exception(error))


async def _ready(client):
    """Import the SDK before the clock starts."""
    if hasattr(client, "sdk"):
        await client.sdk()


def _is_readable(sentence, kind):
    provider = {"responses": "openai", "chat": "openai"}.get(kind, kind)
    title = PROVIDERS[provider].title if provider in PROVIDERS else "the script"
    assert title.lower() in sentence.lower()
    assert sentence[0].isupper() or sentence[0] == "'"
    assert sentence.endswith(".")
    assert len(sentence) < 300
    assert "\n" not in sentence
    for jargon in ("Traceback", "Exception", "Error(", "httpx", "<html", "{'"):
        assert jargon not in sentence


async def test_the_wait_a_provider_asks_for_is_kept(clients, kind, ask):
    date = formatdate(time.time() + 90, usegmt=True)
    replies = [
        Reply(fault=faults.status(429, retry_after=7)),
        Reply(fault=faults.status(429, retry_after=date)),
        Reply(fault=faults.status(429)),
        Reply(fault=faults.status(503, retry_after="nonsense")),
    ]
    client, _ = await clients(kind, replies)
    waits = [(await error_of(client.stream(ask(), "m")))[1].retry_after for _ in replies]
    assert waits[0] == 7
    assert kind == "scripted" or 85 < waits[1] <= 90
    assert waits[2] is None
    assert waits[3] is None


async def test_a_silent_connection_is_given_up_before_the_deadline(clients, wire, ask):
    client, _ = await clients(wire, [Reply(text=LONG, fault=faults.hang(after=2))], silence=0.2)
    _, error = await error_of(client.stream(ask(deadline=20), "m"))
    assert error.fault is ProviderFault.TIMEOUT
    assert "sent nothing for 0.2 seconds" in str(error)


async def test_a_server_that_is_away(client_at, wire, ask):
    client = client_at(wire, "http://127.0.0.1:9")
    _, error = await error_of(client.stream(ask(), "m"))
    assert error.fault is ProviderFault.UNAVAILABLE
    assert "could not be reached at http://127.0.0.1:9" in str(error)
    await client.close()


async def test_the_sentence_names_the_variable_to_mend(clients, wire, ask):
    client, _ = await clients(wire, [], keys={"another"})
    _, error = await error_of(client.stream(ask(), "m"))
    assert str(error).startswith(f"The key in {PROVIDERS[client.name].key_name} was refused by ")


async def test_a_local_server_that_wants_a_key(clients, ask):
    client, _ = await clients("local", [], key="", keys={"another"})
    _, error = await error_of(client.stream(ask(), "m"))
    assert error.fault is ProviderFault.REFUSED_KEY
    assert "set ORCHESTRA_LOCAL_API_KEY" in str(error)


async def test_the_connection_is_good_for_another_call_after_an_error(clients, wire, ask, answer):
    client, _ = await clients(wire, [Reply(fault=faults.status(500)), Reply(text="better")])
    await error_of(client.stream(ask(), "m"))
    assert (await answer(client.stream(ask(), "m"))).text == "better"
