"""One topic in memory keeps the rules of the queue, and keeps them quickly."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.messages import Priority
from codecompanion.contracts.work import Message
from codecompanion.orchestra.bus.memory_topic import Entry, Topic

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "take", "put back", "done", "withdraw"]),
        st.integers(0, 5),
        st.sampled_from([*Priority]),
        st.sampled_from(["", "", "k", "l"]),
    ),
    max_size=60,
)


def message(name: str, priority: Priority = Priority.NORMAL, key: str = "") -> Message:
    return Message(id=name, key=key, priority=priority, payload="")


def expected(entries: list[Entry]) -> Entry | None:
    """The most urgent, then the oldest, whose key has nothing before it: looked for in the plainest way."""
    firsts = {one.message.key: one for one in reversed(entries) if one.message.key}
    free = [
        one
        for one in entries
        if one.state == "waiting" and (not one.message.key or firsts[one.message.key] is one)
    ]
    return min(free, key=lambda one: (-one.message.priority, one.arrived), default=None)


@given(STEPS)
def test_what_comes_next_is_always_the_most_urgent_whose_turn_it_is(steps: list[Any]) -> None:
    topic = Topic()
    for nth, (what, which, priority, key) in enumerate(steps):
        name = f"m{which}"
        entry = topic.entries.get(name)
        ready = topic.ready()
        if what == "add" and entry is None:
            topic.add(Entry(message(name, priority, key), nth))
        elif what == "take" and ready is not None:
            topic.take(ready)
        elif what == "put back" and entry is not None and entry.state == "taken":
            topic.put_back(entry)
        elif what == "done" and entry is not None and entry.state == "taken":
            topic.remove(entry)
            topic.note_done(entry, nth, float(nth), 10.0)
        elif what == "withdraw" and entry is not None:
            topic.remove(entry)
        assert topic.ready() is expected(list(topic.entries.values()))
        assert {one.message.id for one in topic.entries.values() if one.state == "taken"} == set(topic.taken)


def test_a_message_that_was_withdrawn_and_sent_again_has_lost_its_place() -> None:
    topic = Topic()
    first, second, again = Entry(message("a"), 1), Entry(message("b"), 2), Entry(message("a"), 3)
    topic.add(first)
    topic.add(second)
    topic.remove(first)
    topic.add(again)
    assert topic.ready() is second


def test_what_is_done_is_known_for_a_while_by_its_last_delivery() -> None:
    topic = Topic()
    for epoch, at in ((1, 0.0), (2, 8.0)):
        entry = Entry(message("a"), epoch)
        topic.add(entry)
        topic.remove(entry)
        topic.note_done(entry, epoch, at, 10.0)
    other = Entry(message("b"), 3)
    topic.add(other)
    topic.remove(other)
    topic.note_done(other, 3, 12.0, 10.0)
    assert [topic.done_by("a", 17.0), topic.done_by("a", 18.0), topic.done_by("b", 18.0)] == [2, None, 3]


@pytest.mark.parametrize("key", ["", "k"])
def test_many_messages_are_not_more_work_each(steps_of: Callable[..., int], key: str) -> None:
    def work(count: int) -> None:
        topic = Topic()
        for nth in range(count):
            topic.add(Entry(message(f"m{nth}", key=key), nth))
        while (entry := topic.ready()) is not None:
            topic.take(entry)
            list(topic.expired(0.0))
            topic.remove(entry)
            topic.note_done(entry, 1, float(entry.arrived), 1e9)

    few, many = steps_of(lambda: work(50)), steps_of(lambda: work(200))
    assert many < 6 * few
