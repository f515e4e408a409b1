"""The messages of one topic within one process: what waits, in which order, and what is taken."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

from codecompanion.contracts.work import DeadLetter, Message, MessageState


@dataclass(eq=False, slots=True)
class Entry:
    """A message that is not done; ``epoch`` counts its deliveries among all."""

    message: Message
    arrived: int
    state: MessageState = "waiting"
    attempts: int = 0
    epoch: int = 0
    consumer: str = ""
    lease_ends: float = 0.0
    revoked: asyncio.Event = field(default_factory=asyncio.Event)


class Topic:
    """What usually happens to a message costs no more than the logarithm of how many there are.

    ``taken`` are those that are with a consumer. ``_order`` has every message that may be taken next, and
    others that may not any more; those are left out when they come to the top.
    """

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.taken: dict[str, Entry] = {}
        self.dead: dict[str, DeadLetter] = {}
        self._order: list[tuple[int, int, str]] = []
        self._keys: defaultdict[str, deque[str]] = defaultdict(deque)
        self._done: dict[str, tuple[int, float]] = {}
        self._forgetting: deque[tuple[float, str]] = deque()

    def add(self, entry: Entry) -> None:
        """Let a new message wait behind those of its key."""
        message = entry.message
        self.entries[message.id] = entry
        if message.key:
            self._keys[message.key].append(message.id)
        self._line_up(entry)

    def ready(self) -> Entry | None:
        """Return the most urgent, then the oldest message whose key has nothing before it."""
        while self._order:
            _, arrived, name = self._order[0]
            entry = self.entries.get(name)
            if entry is not None and entry.arrived == arrived and self._may_go(entry):
                return entry
            heappop(self._order)
        return None

    def take(self, entry: Entry) -> None:
        """Note that a waiting message is with a consumer now."""
        entry.state = "taken"
        self.taken[entry.message.id] = entry

    def put_back(self, entry: Entry) -> None:
        """Let a taken message wait again, in its old place."""
        entry.state = "waiting"
        del self.taken[entry.message.id]
        self._line_up(entry)

    def remove(self, entry: Entry) -> None:
        """Let go of a message; the next one of its key may be taken then."""
        message = entry.message
        del self.entries[message.id]
        self.taken.pop(message.id, None)
        if message.key:
            line = self._keys[message.key]
            line.remove(message.id)
            if line:
                self._line_up(self.entries[line[0]])
            else:
                del self._keys[message.key]

    def expired(self, now: float) -> Iterator[Entry]:
        """Yield the taken messages whose lease is over."""
        yield from [one for one in self.taken.values() if one.lease_ends <= now]

    def note_done(self, entry: Entry, epoch: int, now: float, keep: float) -> None:
        """Remember for ``keep`` seconds, always the same in one topic, by which delivery a message was done."""
        while self._forgetting and self._forgetting[0][0] <= now:
            until, name = self._forgetting.popleft()
            if self._done.get(name, (0, 0.0))[1] == until:
                del self._done[name]
        self._done[entry.message.id] = (epoch, now + keep)
        self._forgetting.append((now + keep, entry.message.id))

    def done_by(self, message_id: str, now: float) -> int | None:
        """Return the delivery by which a message was done, None when that is not, or no longer, known."""
        epoch, until = self._done.get(message_id, (None, 0.0))
        return epoch if until > now else None

    def forget(self, message_id: str) -> None:
        """Forget how a message ended."""
        self._done.pop(message_id, None)
        self.dead.pop(message_id, None)

    def _line_up(self, entry: Entry) -> None:
        if self._may_go(entry):
            heappush(self._order, (-entry.message.priority, entry.arrived, entry.message.id))

    def _may_go(self, entry: Entry) -> bool:
        message = entry.message
        return entry.state == "waiting" and (not message.key or self._keys[message.key][0] == message.id)
