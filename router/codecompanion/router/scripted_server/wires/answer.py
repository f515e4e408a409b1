"""What a wire has to know to answer."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from codecompanion.router.scripted_server.faults import Problem
from codecompanion.router.scripted_server.replies import Asked, Reply


class Answer(ABC):
    """One answer in one provider's format, streamed or whole.

    A stream is ``opening``, any number of ``piece``s, and ``closing`` with the terminal event.
    """

    wire: ClassVar[str]

    def __init__(self, asked: Asked, reply: Reply) -> None:
        self.asked = asked
        self.reply = reply
        self.given = sum(len(text) for text in (asked.system, *asked.texts)) // 4 + 1
        self.made = len(reply.tokens) + len(reply.thought.split()) + 10 * len(reply.tool_calls)

    @staticmethod
    @abstractmethod
    def read(path: str, body: Mapping[str, Any]) -> Asked:
        """Return what ``body`` asks; the server adds path, headers and body."""

    @staticmethod
    @abstractmethod
    def error(problem: Problem, status: int, text: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the body of an HTTP error."""

    @abstractmethod
    def opening(self) -> Iterator[bytes]:
        """Yield the events before the text."""

    @abstractmethod
    def piece(self, text: str) -> bytes:
        """Return the event that brings ``text``."""

    @abstractmethod
    def closing(self) -> Iterator[bytes]:
        """Yield the events after the text."""

    @abstractmethod
    def whole(self) -> dict[str, Any]:
        """Return the answer of a request that does not stream."""


def event(data: Mapping[str, Any], *, named: bool = False) -> bytes:
    """Return one server-sent event; ``named`` repeats the data's type as the event's name."""
    # not escaped to ASCII: so the clients meet every character raw
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    name = f"event: {data['type']}\n" if named else ""
    return f"{name}data: {text}\n\n".encode()


def texts_in(content: Any) -> str:
    """Return the text of a message's content: a string, or a list of parts that may hold some."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(str(part.get("text") or texts_in(part.get("content"))) for part in content)
