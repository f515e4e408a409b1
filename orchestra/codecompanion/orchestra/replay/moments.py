"""Which moment of a run is meant: one of its events, or a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.events import Recorded

LAST = "last"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?")
_HOW = "give an event's number such as 17, a time such as 14:05:30 or 2026-11-25T14:05:30, or 'last'"


@dataclass(frozen=True, slots=True)
class Moment:
    """Right after event ``version`` of a run; ``at`` is the time looked at, seconds since the epoch.

    ``timed`` says that it was asked for by time, which may lie well after that event.
    """

    version: int
    at: float
    timed: bool = False

    def holds(self, position: int, at: float, last_position: int) -> bool:
        """Whether an event of another stream had happened; ``last_position`` is that of the run's event."""
        return at <= self.at if self.timed else position <= last_position


def moment_of(history: Sequence[Recorded], wanted: str | None, zone: tzinfo | None = None) -> Moment:
    """Return the moment that ``wanted`` names: a version, a time in ``zone`` (None: this machine's), "last".

    None means the last event. Raises ``BadRequest`` for what the run has not, or what names no moment.
    """
    text = (wanted or LAST).strip()
    if text == LAST:
        return Moment(history[-1].version, history[-1].at)
    if text.isascii() and text.isdigit():
        return _event(history, text)
    at = time_of(text, history[0].at, zone)
    seen = [one for one in history if one.at <= at]
    if not seen:
        raise BadRequest(f"{text!r} is before the run began ({spoken_time(history[0].at, zone)}); {_HOW}")
    return Moment(seen[-1].version, at, timed=True)


def _event(history: Sequence[Recorded], text: str) -> Moment:
    known = {one.version: one.at for one in history}
    # a longer number is no event of any log, and some are too long to be read as numbers at all
    version = int(text) if len(text) < 16 else -1
    if version not in known:
        raise BadRequest(f"the run has no event {text[:20]}; it has the events 1 to {history[-1].version}")
    return Moment(version, known[version])


def time_of(text: str, day_of: float, zone: tzinfo | None = None) -> float:
    """Return seconds since the epoch for a time of day, on the day of ``day_of``, or an ISO 8601 time.

    A time without a zone is one of ``zone``. Raises ``BadRequest``.
    """
    day = datetime.fromtimestamp(day_of, zone)
    try:
        if clock := _CLOCK.fullmatch(text):
            seconds = float(clock[3] or 0)
            whole = int(seconds)
            same_day = day.replace(hour=int(clock[1]), minute=int(clock[2]), second=whole, microsecond=0)
            return same_day.timestamp() + seconds - whole
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise BadRequest(f"{text[:60]!r} names no moment; {_HOW}") from None


def spoken_time(at: float, zone: tzinfo | None = None) -> str:
    """Return a moment as date and time of day."""
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")
