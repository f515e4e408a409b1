"""Work handed from one process to others: messages with leases, replies that stream back, who is there."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import Field

from codecompanion.contracts.base import Contract
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.messages import Priority

MessageState = Literal["unknown", "waiting", "taken", "done", "dead"]
"""``unknown`` also means: known once, and lost. Sending the message again is then right, and harmless else."""


class Message(Contract):
    """One piece of work. Sending the same ``id`` again is the same message and changes nothing.

    Messages of one ``key`` are worked on one after the other, in the order they were sent; the empty key orders
    nothing. Among the messages that may go, those of higher priority go first.
    """

    id: str = Field(min_length=1)
    key: str = ""
    priority: Priority = Priority.NORMAL
    payload: str


class Standing(NamedTuple):
    """Where a message is: ``attempts`` counts the times it was taken, ``consumer`` took it last."""

    state: MessageState
    attempts: int = 0
    consumer: str = ""


class Delivery(Protocol):
    """A message in one consumer's hands, for a lease that ``extend`` renews.

    ``epoch`` grows with every delivery of the message: whoever holds an older one has lost it.
    """

    @property
    def topic(self) -> str:
        """The topic it was taken from."""
        ...

    @property
    def message(self) -> Message:
        """What is to be done."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first delivery of the message."""
        ...

    @property
    def epoch(self) -> int:
        """The number that fences off earlier deliveries."""
        ...

    async def acknowledge(self) -> bool:
        """Say that it is done, for good; False when it was lost to someone else before."""
        ...

    async def extend(self) -> bool:
        """Renew the lease; False when the message was lost or withdrawn."""
        ...

    async def hand_back(self) -> None:
        """Let another consumer have it at once; this delivery does not count as an attempt."""
        ...

    async def until_lost(self) -> None:
        """Return when the message was withdrawn, or a lease could not be renewed."""
        ...


class DeadLetter(Contract):
    """A message that was given up: every consumer that took it went away without a word."""

    id: str
    topic: str
    attempts: int
    consumer: str
    at: float


class TopicState(Contract):
    """How much of a topic waits, is being worked on, and was given up."""

    topic: str
    waiting: int
    taken: int
    lost: int
    dead: tuple[DeadLetter, ...] = ()


class Member(Contract):
    """A consumer that is alive; ``facts`` are what it says of itself."""

    name: str
    facts: Mapping[str, Any]
    since: float


class Piece(NamedTuple):
    """One piece of a reply: ``number`` counts from 1 within the ``epoch`` that wrote it."""

    epoch: int
    number: int
    text: str


START = (0, 1)
"""Before the first piece of any reply."""


class NameTaken(OrchestraError):
    """Another living consumer goes by that name."""


class TransportAway(OrchestraError):
    """The transport of the bus cannot be reached, or cannot be used as it is; the text says how to mend it."""


class WorkQueue(Protocol):
    """At-least-once work: a message stays until a consumer acknowledges it."""

    async def send(self, topic: str, message: Message) -> MessageState:
        """Hand in a message and return how it stood before; waits while the topic is full.

        What of a known message was lost on the way is put right.
        """
        ...

    async def take(self, topics: Sequence[str], consumer: str, wait: float) -> Delivery | None:
        """Return the most urgent message there is, waiting at most ``wait`` seconds for one."""
        ...

    async def look(self, topic: str, message_id: str) -> Standing:
        """Return where a message is."""
        ...

    async def withdraw(self, topic: str, message_id: str) -> None:
        """Forget a message wherever it is; who works on it is told. Its id may be sent anew."""
        ...

    async def topic(self, name: str) -> TopicState:
        """Return how a topic stands."""
        ...


class Replies(Protocol):
    """What streams back while a message is worked on: kept until dropped, or for about an hour."""

    async def open_reply(self, name: str) -> bool:
        """Make room for a reply; False when it was open already, perhaps with pieces in it."""
        ...

    async def append(self, name: str, piece: Piece) -> bool:
        """Add a piece; adding the same one again changes nothing.

        False when it must not be added: the reply is not open, a later epoch has begun, or the piece before
        it is missing.
        """
        ...

    async def read(self, name: str, after: tuple[int, int], wait: float) -> list[Piece]:
        """Return the pieces behind ``after`` (epoch and number), waiting at most ``wait`` seconds for one."""
        ...

    async def drop(self, name: str) -> None:
        """Forget a reply; nothing can be added to it any more."""
        ...


class Roster(Protocol):
    """Who is there to take work."""

    async def join(self, name: str, facts: Mapping[str, Any]) -> None:
        """Be there for the next seconds; to be repeated. Raises ``NameTaken``.

        At the first time, what an earlier consumer of that name left in the middle can be taken at once.
        """
        ...

    async def leave(self, name: str) -> None:
        """Be gone: what the consumer still holds can be taken by others at once."""
        ...

    async def members(self) -> list[Member]:
        """Return who is there, by name."""
        ...
