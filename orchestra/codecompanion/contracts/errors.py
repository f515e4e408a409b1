"""The typed exceptions that are control flow, each with a sentence a person can act on."""

from enum import StrEnum


class OrchestraError(Exception):
    """Base of all our errors: the text says what was wrong and how to mend it."""


class BadRequest(OrchestraError):
    """What the user asked cannot be taken as it is."""


class CannotBuild(OrchestraError):
    """The request is clear but nothing configured here can build it."""


class NotAgreed(OrchestraError):
    """The person did not agree to what a run may cost: nothing was begun."""


class WorkspaceError(OrchestraError):
    """A file or folder of the workspace cannot be used as asked."""


class EditRefused(OrchestraError):
    """An edit that would lose or guess: nothing was written."""


class BadAnswer(OrchestraError):
    """A model's answer does not fit its contract; the text can be shown to the model for repair."""


class ProviderFault(StrEnum):
    """Why a model call failed; it decides whether to retry, go elsewhere or tell the user."""

    MISSING_KEY = "missing key"
    REFUSED_KEY = "refused key"
    RATE_LIMITED = "rate limited"
    UNAVAILABLE = "unavailable"
    CUT_STREAM = "cut stream"
    TIMEOUT = "timeout"
    BAD_REQUEST = "bad request"
    UNKNOWN_MODEL = "unknown model"
    NONSENSE = "nonsense"
    OVER_BUDGET = "over budget"


RETRYABLE = frozenset(
    {ProviderFault.RATE_LIMITED, ProviderFault.UNAVAILABLE, ProviderFault.CUT_STREAM, ProviderFault.TIMEOUT}
)


class ProviderError(OrchestraError):
    """A model call failed.

    ``fault`` says why, ``provider`` who; ``retry_after`` is in seconds when the provider named a wait.
    """

    def __init__(
        self, message: str, *, provider: str, fault: ProviderFault, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.fault = fault
        self.retry_after = retry_after

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.fault in RETRYABLE
