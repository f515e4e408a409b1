"""Every way a provider can fail, put into our few faults and one plain sentence each.

The clients reduce what their SDK raised to a ``Failure``; what it means for the user is decided here, the
same for all of them. A provider's own words are quoted only where they help, shortened and without keys.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.wording import counted
from codecompanion.router.config import PROVIDERS, ProviderInfo

_KEY_SHAPES = re.compile(r"(sk-|AIza|gsk_|Bearer\s+)[\w.*-]{6,}")
_TOO_LONG = re.compile(
    r"context.?length|context.?window|maximum context|prompt is too long|too many (input )?tokens"
    r"|input token count|exceeds the (maximum|available)|request_too_large",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(r"insufficient_quota|credit balance|billing_error|billing_hard_limit", re.IGNORECASE)
_BAD_KEY = re.compile(r"API_KEY_INVALID|api key not valid|invalid.?api.?key|api key expired", re.IGNORECASE)
_TOO_MANY = re.compile(r"rate.?limit|resource_exhausted|too many requests", re.IGNORECASE)
_LATER = frozenset({408, 409, 425})
_QUOTED = 160


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An HTTP error answer, or an error told inside a stream (then ``status`` is 200).

    ``kind`` is the provider's code or type, ``message`` its words, both empty when the answer was no JSON
    object; ``retry_after`` is in seconds.
    """

    status: int
    kind: str = ""
    message: str = ""
    retry_after: float | None = None

    @property
    def words(self) -> str:
        """All that the provider said."""
        return f"{self.kind} {self.message}"


def failure_of(status: int, body: object, headers: Mapping[str, str], now: float) -> Failure:
    """Return the failure told by an HTTP answer, from the ``error`` object most providers put into ``body``."""
    error = body.get("error", body) if isinstance(body, Mapping) else None
    if isinstance(error, str):
        error = {"message": error}
    if not isinstance(error, Mapping):
        error = {}
    kind = " ".join(str(error[key]) for key in ("code", "type", "status") if error.get(key))
    message = str(error.get("message") or "")
    if message.lstrip().startswith("<"):
        # a web page, from a proxy or a wrong address, says nothing worth quoting
        message = ""
    return Failure(status=status, kind=kind, message=message, retry_after=retry_after(headers, now))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the wait in seconds that ``headers`` ask for, as seconds or as an HTTP date; None if they do not.

    ``now`` is in seconds since the epoch. A date in the past means no wait.
    """
    milliseconds = headers.get("retry-after-ms", "")
    if milliseconds.isdigit():
        return int(milliseconds) / 1000
    value = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return None


class Faults:
    """Writes the errors of one provider: it knows its name, its address, and the key no sentence may hold."""

    def __init__(
        self,
        provider: str,
        *,
        info: ProviderInfo | None = None,
        base_url: str | None = None,
        secret: str | None = None,
    ) -> None:
        self._provider = provider
        self._name, self._key_name, self._url_name = info or PROVIDERS[provider]
        self._start = self._name[0].upper() + self._name[1:]
        self._base_url = base_url
        self._secret = secret

    def of(self, failure: Failure, model: str) -> ProviderError:
        """Return the error for an answer that says the call failed."""
        told = self._of_account(failure) or self._of_request(failure, model)
        if told is not None:
            return told
        if failure.status < 400 or failure.status >= 500 or failure.status in _LATER:
            return self.troubled(failure)
        return self._error(
            ProviderFault.BAD_REQUEST,
            f"{self._start} would not take the request to {model!r} ({self._quote(failure)}).",
        )

    def _of_account(self, failure: Failure) -> ProviderError | None:
        if failure.status == 402 or _NO_CREDIT.search(failure.words):
            return self.no_credit()
        if failure.status in (401, 403) or _BAD_KEY.search(failure.words):
            return self.refused_key()
        if failure.status == 429 or _TOO_MANY.search(failure.words):
            return self.rate_limited(failure.retry_after)
        return None

    def _of_request(self, failure: Failure, model: str) -> ProviderError | None:
        if failure.status == 413 or _TOO_LONG.search(failure.words):
            return self.too_long(model)
        if failure.status == 404:
            return self.unknown_model(model) if failure.message else self.nonsense("a 'page not found'")
        if 300 <= failure.status < 400:
            return self.nonsense("a redirection to another address")
        return None

    def missing_key(self) -> ProviderError:
        """Return the error for a provider that is not set up."""
        name = self._key_name if self._provider != "local" else self._url_name
        return self._error(
            ProviderFault.MISSING_KEY,
            f"{name} is not set, so {self._name} cannot be used; set it, or choose another provider's model.",
        )

    def refused_key(self) -> ProviderError:
        """Return the error for a key that was not accepted."""
        if self._provider == "local" and not self._secret:
            text = f"{self._start}{self._where} wants a key; set {self._key_name}."
        else:
            text = f"The key in {self._key_name} was refused by {self._name}{self._where}; check it."
        return self._error(ProviderFault.REFUSED_KEY, text)

    def no_credit(self) -> ProviderError:
        """Return the error for an account that cannot pay; like a refused key it will not mend itself."""
        return self._error(
            ProviderFault.REFUSED_KEY,
            f"{self._start} says the account of {self._key_name} has no credit left; add some there.",
        )

    def too_long(self, model: str) -> ProviderError:
        """Return the error for a request that does not fit the model."""
        return self._error(
            ProviderFault.BAD_REQUEST,
            f"The request is longer than {model!r} of {self._name} can read; ask for less at once, "
            "or choose a model that reads more.",
        )

    def unknown_model(self, model: str) -> ProviderError:
        """Return the error for a model, or an address, that is not there."""
        return self._error(
            ProviderFault.UNKNOWN_MODEL,
            f"{self._start}{self._where} does not know the model {model!r}; choose another in the settings.",
        )

    def rate_limited(self, wait: float | None = None) -> ProviderError:
        """Return the error for too many calls in a short time."""
        how_long = f"wait {counted(max(1, round(wait)), 'second')}" if wait else "wait a little"
        return self._error(
            ProviderFault.RATE_LIMITED,
            f"{self._start} asks to slow down (too many requests); {how_long}, or use another provider.",
            wait,
        )

    def troubled(self, failure: Failure) -> ProviderError:
        """Return the error for a provider with a failure of its own."""
        return self._error(
            ProviderFault.UNAVAILABLE,
            f"{self._start} has trouble of its own ({self._quote(failure)}); try again in a few minutes.",
            failure.retry_after,
        )

    def unreachable(self) -> ProviderError:
        """Return the error for a connection that could not be made or was refused."""
        mend = f"check the network, and {self._url_name} if you set it"
        if self._provider == "local":
            mend = f"is it running? Its address is set by {self._url_name}"
        return self._error(
            ProviderFault.UNAVAILABLE, f"{self._start} could not be reached{self._where}; {mend}."
        )

    def cut_stream(self) -> ProviderError:
        """Return the error for an answer that stopped before its end."""
        return self._error(
            ProviderFault.CUT_STREAM, f"{self._start} broke off before its answer was complete; try again."
        )

    def silent(self, seconds: float) -> ProviderError:
        """Return the error for a connection that brought nothing for too long."""
        return self._error(
            ProviderFault.TIMEOUT,
            f"{self._start} sent nothing for {counted(round(seconds, 1), 'second')}; try again a little later.",
        )

    def late(self, seconds: float) -> ProviderError:
        """Return the error for a call that did not end within its deadline."""
        return self._error(
            ProviderFault.TIMEOUT,
            f"{self._start} did not finish within {counted(round(seconds, 1), 'second')}; "
            "ask for less or allow more time.",
        )

    def nonsense(self, what: str) -> ProviderError:
        """Return the error for an answer that is none; ``what`` completes "sent …"."""
        mend = f"check the address in {self._url_name}" if self._base_url else "try again a little later"
        return self._error(ProviderFault.NONSENSE, f"{self._start} sent {self.scrub(what)}; {mend}.")

    def nothing(self, model: str) -> ProviderError:
        """Return the error for an answer without text or tool calls."""
        return self._error(
            ProviderFault.NONSENSE,
            f"{self._start} sent an empty answer from {model!r}; try again, or choose another model.",
        )

    def declined(self, model: str) -> ProviderError:
        """Return the error for a model that refuses what it was asked."""
        return self._error(
            ProviderFault.BAD_REQUEST,
            f"{model!r} of {self._name} declined to answer this; put the request another way.",
        )

    def scrub(self, words: str) -> str:
        """Return ``words`` on one line, shortened, with anything that is or looks like a key taken out."""
        if self._secret:
            words = words.replace(self._secret, "…")
        words = " ".join(_KEY_SHAPES.sub("…", words).split())
        return words if len(words) <= _QUOTED else f"{words[:_QUOTED]}…"

    def _quote(self, failure: Failure) -> str:
        said = self.scrub(failure.message or failure.kind)
        return ": ".join(filter(None, (f"answer {failure.status}" if failure.status >= 400 else "", said)))

    @property
    def _where(self) -> str:
        return f" at {self._base_url}" if self._base_url else ""

    def _error(self, fault: ProviderFault, text: str, wait: float | None = None) -> ProviderError:
        return ProviderError(text, provider=self._provider, fault=fault, retry_after=wait)
