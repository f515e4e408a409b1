"""Stored events are read as what they mean today, and what cannot be read is said in words."""

import json
from typing import Any, get_args

import pytest

from codecompanion.contracts.event_text import EVENT_KINDS, UnreadableEvent, decode_event, event_name
from codecompanion.contracts.events import EVENT, Event, RunFinished, RunStarted, StopRequested
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.upcasting import UPCASTERS

OLD_ORDER: dict[str, Any] = {"kind": "project", "request": "a shop", "workspace": "/w", "maxRepairs": 3}


def text(**fields: Any) -> str:
    return json.dumps(fields, separators=(",", ":"))


@pytest.mark.parametrize(("stepwise", "mode"), [(True, "stepwise"), (False, "automatic")])
def test_an_order_of_the_first_release_is_read_with_its_mode(stepwise: bool, mode: str) -> None:
    stored = text(event="run_started", order={**OLD_ORDER, "stepwise": stepwise})
    assert decode_event(stored) == RunStarted(order=RunOrder.model_validate({**OLD_ORDER, "mode": mode}))


@pytest.mark.parametrize("mode", ["automatic", "stepwise", "approve"])
def test_what_has_todays_shape_stays_as_it_is(mode: str) -> None:
    event = RunStarted(order=RunOrder.model_validate({**OLD_ORDER, "mode": mode}))
    assert decode_event(event.model_dump_json()) == event
    stored = json.loads(event.model_dump_json())
    assert UPCASTERS["run_started"](stored) is stored


def test_an_upcaster_leaves_what_it_is_given_alone() -> None:
    stored = {"event": "run_started", "order": {**OLD_ORDER, "stepwise": True}}
    before = json.dumps(stored)
    UPCASTERS["run_started"](stored)
    assert json.dumps(stored) == before


def test_upcasters_are_of_events_there_are() -> None:
    assert set(UPCASTERS) <= set(EVENT_KINDS)


def test_every_event_is_stored_with_its_name_first() -> None:
    """The name is told without reading the rest, so it has to come first in every type."""
    for kind in get_args(get_args(Event)[0]):
        assert next(iter(kind.model_fields)) == "event", kind
        assert EVENT_KINDS[kind.model_fields["event"].default] is kind
    assert event_name(StopRequested(reason='"event":"x"').model_dump_json()) == "stop_requested"


@pytest.mark.parametrize("stored", ["", "{}", '{"event": "run_paused"}', "[1]", '{"event":"'])
def test_a_name_that_does_not_come_first_is_not_guessed(stored: str) -> None:
    assert event_name(stored) in ("", *EVENT_KINDS)


def test_a_name_further_in_is_read_all_the_same() -> None:
    stored = '{"outcome": "done", "summary": "", "event": "run_finished"}'
    assert decode_event(stored) == RunFinished(outcome="done", summary="")


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        ('{"event":"run_dreamt"}', "this release knows no event 'run_dreamt'"),
        ('{"event":"run_started","order":7}', r"reads its part 'run_started.order' differently"),
        ('{"event":"run_started"}', r"reads its part 'run_started.order' differently"),
        ('{"event":"run_paused","mood":"tired"}', r"part 'run_paused.mood' differently \(Extra inputs"),
        ('{"event":7}', "it is no event"),
        ("[]", "it is no event"),
        ('{"event":"run_pau', "no JSON that can be read"),
        ("[" * 200_000, "no JSON that can be read"),
    ],
)
def test_what_cannot_be_read_is_said(stored: str, why: str) -> None:
    with pytest.raises(UnreadableEvent, match=why):
        decode_event(stored)


def test_the_quick_way_reads_what_the_union_of_all_reads() -> None:
    stored = RunFinished(outcome="red", summary="x").model_dump_json()
    assert decode_event(stored) == EVENT.validate_json(stored)
