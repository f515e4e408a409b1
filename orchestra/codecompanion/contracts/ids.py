"""Names for the ids that tie a run's records together, and where new ones come from."""

from collections.abc import Callable
from uuid import uuid4

RunId = str
TaskId = str
MessageId = str
ArtifactId = str
EditId = str
EventId = str

IdSource = Callable[[str], str]
"""Given a prefix such as ``run``, returns a fresh id such as ``run-3f2a…``."""


def random_id(prefix: str) -> str:
    """Return ``prefix`` with 12 random hex digits: the id source outside tests."""
    return f"{prefix}-{uuid4().hex[:12]}"
