"""What the clients of OpenAI's and Anthropic's SDKs share: they read the answer's event stream themselves.

The SDK makes the request and gives its errors; its typed chunks are left aside. Building those costs up to
six times as much as all the rest of a delta, and would lose fields that must go back to the model unchanged.
"""

import importlib
import json
import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from codecompanion.contracts.model_calls import ModelRequest, StreamPart, TextDelta, ToolCall
from codecompanion.router.providers.faults import Failure, failure_of
from codecompanion.router.providers.sdk import SdkClient, counted_of
from codecompanion.router.providers.sse import EventReader

Event = Mapping[str, Any]


Sdk = TypeVar("Sdk")


class Reading(Protocol):
    """What has been read of one answer: ``ended`` once its terminal event was seen."""

    ended: bool
    truncated: bool
    declined: bool

    def take(self, event: Event) -> str:
        """Take one event in and return the text it brought."""
        ...

    def calls(self) -> list[ToolCall]:
        """Return the whole tool calls, in the model's order."""
        ...

    def usage(self) -> dict[str, int]:
        """Return the tokens ``given``, ``made``, ``cached`` and ``written``."""
        ...


class EventStreamClient(SdkClient[Sdk]):
    """A client of the SDK named by ``module`` that reads the raw event stream."""

    module: ClassVar[str]
    counts_input: ClassVar[str] = "none"
    """The type of the event with which the provider tells how long the input is, before the answer."""

    @abstractmethod
    def _open_stream(self, sdk: Sdk, request: ModelRequest, model: str) -> Any:
        """Return the context manager of the SDK's raw streaming response."""

    @abstractmethod
    def _reading(self, request: ModelRequest, model: str) -> Reading:
        """Return an empty reading of the answer to ``request``."""

    async def _answer(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        sdk = await self.sdk()
        reading = self._reading(request, model)
        events = EventReader()
        async with self._open_stream(sdk, request, model) as response:
            self._expect_events(response.headers)
            async for chunk in response.iter_bytes():
                for event in self._decoded(events.feed(chunk), model):
                    if text := reading.take(event):
                        yield TextDelta(text=text)
                    if event.get("type") == self.counts_input and (counted := counted_of(reading.usage())):
                        yield counted
        if reading.declined:
            raise self._faults.declined(model)
        if reading.ended:
            for call in reading.calls():
                yield call
            yield self._finished(model, truncated=reading.truncated, **reading.usage())

    def _decoded(self, events: Sequence[str], model: str) -> Iterator[Event]:
        for data in events:
            if data.startswith("[DONE]"):
                yield {"type": "done"}
                continue
            event = json.loads(data)
            if not isinstance(event, dict):
                raise self._faults.nonsense("an answer that is not the JSON it should be")
            if (error := _error_in(event)) is not None:
                raise self._faults.of(_stream_failure(error), model)
            yield event

    def _failure(self, error: Exception) -> Failure | None:
        if isinstance(error, importlib.import_module(self.module).APIStatusError):
            status: Any = error
            return failure_of(status.status_code, status.body, status.response.headers, time.time())
        return None


def _error_in(event: Event) -> Any:
    if event.get("type") == "error":
        return event.get("error") or event
    if event.get("type") == "response.failed":
        return event["response"].get("error") or {}
    return event.get("error")


def _stream_failure(error: Any) -> Failure:
    # some servers put the HTTP status they would have answered into the code
    code = error.get("code") if isinstance(error, Mapping) else None
    status = code if isinstance(code, int) and code >= 400 else 200
    return failure_of(status, {"error": error}, {}, 0.0)
