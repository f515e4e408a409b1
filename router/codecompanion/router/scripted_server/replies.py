"""The script: what is answered to whom."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from codecompanion.contracts.model_calls import ModelRequest, ToolCall
from codecompanion.router.scripted_server.faults import Fault

_TOKEN = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as the script sees it, whatever wire it came over.

    ``texts`` holds the text of every message in order, ``tools`` the names of the tools offered, ``schema``
    the JSON Schema asked for. ``path``, ``headers`` (lower case) and ``body`` are those of an HTTP request;
    ``request`` is what a client without HTTP was given.
    """

    wire: str
    model: str
    system: str = ""
    texts: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    streams: bool = True
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    request: ModelRequest | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The last message's text."""
        return self.texts[-1] if self.texts else ""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One scripted answer.

    ``thought`` is sent as the model's reasoning, which providers want back with the tool calls.
    ``tokens_per_second`` paces the text (None: as fast as it goes), ``first_token_after`` is in seconds.
    ``when`` keeps the reply for the requests it is true of; ``times`` is how many requests it answers, None
    for any number.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    thought: str = ""
    tokens_per_second: float | None = None
    first_token_after: float = 0.0
    truncated: bool = False
    cached_tokens: int = 0
    fault: Fault | None = None
    when: Callable[[Asked], bool] | None = None
    times: int | None = 1

    @property
    def tokens(self) -> list[str]:
        """The text in pieces of about a word; a ``Reply`` with the fault ``empty`` has none."""
        return [] if self.fault and self.fault.kind == "empty" else _TOKEN.findall(self.text)


async def paced(reply: Reply) -> AsyncGenerator[str, None]:
    """Yield the reply's tokens, each when it is due; a late one is not waited for twice."""
    loop = asyncio.get_running_loop()
    due = loop.time() + reply.first_token_after
    if reply.first_token_after:
        await asyncio.sleep(reply.first_token_after)
    for token in reply.tokens:
        if reply.tokens_per_second:
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            due += 1 / reply.tokens_per_second
        yield token


class ScriptOver(LookupError):
    """The script has no reply for a request."""


class Script:
    """Gives each request the first reply that fits it and is not used up, or what the callable returns."""

    def __init__(self, replies: Iterable[Reply] | Callable[[Asked], Reply]) -> None:
        self._write = replies if callable(replies) else None
        self._replies = () if callable(replies) else tuple(replies)
        self._given: Counter[int] = Counter()

    def reply_to(self, asked: Asked) -> Reply:
        """Return the reply to ``asked``; raises ``ScriptOver``."""
        if self._write is not None:
            return self._write(asked)
        for place, reply in enumerate(self._replies):
            used_up = reply.times is not None and self._given[place] >= reply.times
            if not used_up and (reply.when is None or reply.when(asked)):
                self._given[place] += 1
                return reply
        raise ScriptOver(f"the script has no reply left for the request that ends {asked.text[-80:]!r}")
