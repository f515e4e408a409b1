"""`make demo`: a scripted editor has a small service built, then uses it as a person would."""

from codecompanion.contracts.errors import OrchestraError


class DemoFailed(OrchestraError):
    """Something the demo promises did not happen; the text says what."""
