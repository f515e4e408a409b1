"""The terms on which a bus hands out work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkTerms:
    """How long a consumer may be silent, and what becomes of what nobody can finish.

    ``lease`` and ``keep`` are in seconds: a delivery not extended for a ``lease`` goes to another consumer;
    what is done is remembered, and replies are kept, for ``keep``. A message that ended ``attempts`` consumers
    is given up. ``limit`` messages may be in a topic before senders wait. A consumer counts as present for
    ``presence`` seconds after it last said so.
    """

    lease: float = 6.0
    attempts: int = 3
    limit: int = 10_000
    keep: float = 3600.0
    presence: float = 8.0
