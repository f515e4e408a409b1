"""What goes over the bus for a model call: the job, and what streams back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from codecompanion.contracts.base import Contract
from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.messages import Priority
from codecompanion.contracts.model_calls import Finished, ModelRequest, StreamPart
from codecompanion.contracts.ports import BlobStore

LARGEST_INLINE: Final = 64 * 1024
"""Characters; longer texts go by reference, so that a conversation's past is not sent with every turn."""
_REFERENCE: Final = "$blob"


class CallJob(Contract):
    """One call: everything a worker needs, apart from the provider's key.

    With ``once`` no second worker asks the provider in the place of a lost one: the owner has set money aside
    for one call only, and is told.
    """

    provider: str
    model: str
    request: ModelRequest
    once: bool = False


class CallFault(Contract):
    """Why a call failed, as a worker's ``ProviderError`` says it."""

    message: str
    provider: str
    fault: ProviderFault
    retry_after: float | None = None

    @classmethod
    def of(cls, error: ProviderError) -> "CallFault":
        """Return what goes back to the owner."""
        return cls(
            message=str(error), provider=error.provider, fault=error.fault, retry_after=error.retry_after
        )

    def error(self) -> ProviderError:
        """Return the error for the owner to raise."""
        return ProviderError(
            self.message, provider=self.provider, fault=self.fault, retry_after=self.retry_after
        )


class ReplyPart(Contract):
    """What a worker sends at a time: some parts, or the fault that ended the call.

    ``stage`` is said of a call that is made once: before it is made, and when surely nothing was billed.
    """

    parts: tuple[StreamPart, ...] = ()
    fault: CallFault | None = None
    stage: Literal["", "asking", "not billed"] = ""

    @property
    def ends(self) -> bool:
        """Whether nothing comes after it."""
        return self.fault is not None or any(isinstance(part, Finished) for part in self.parts)


def may_be_billed(said: Iterable[ReplyPart]) -> bool:
    """Whether, by what workers have said of a call that is made once, a provider may have billed it."""
    stages = [one.stage for one in said if one.stage]
    return bool(stages) and stages[-1] == "asking"


def topic_of(provider: str) -> str:
    """Return where calls of a provider wait: only workers that can ask it look there."""
    return f"calls/{provider}"


def key_of(job: CallJob) -> str:
    """Return what tells the calls of one task from each other: the words of its own conversation.

    Of a run that was interrupted and goes on these are the same again, while its agents may remember more or
    less, and have other tools: the answer that is under way is for the same question.
    """
    request = job.request
    own = "\n".join(message.model_dump_json() for message in request.messages[request.remembered :])
    return sha256_of("\n".join((request.call_id, job.provider, job.model, own)))[:40]


def priority_of(request: ModelRequest) -> Priority:
    """Return how urgent a call is: as the task it is for; without a plan nobody else can begin."""
    task = request.brief.task if request.brief is not None else None
    return task.priority if task is not None else Priority.HIGH


async def pack(job: CallJob, blobs: BlobStore) -> str:
    """Return the job as a text, long texts in it replaced by references to ``blobs``."""
    return json.dumps(await _put(job.to_wire(), blobs), ensure_ascii=False)


async def unpack(payload: str, blobs: BlobStore) -> CallJob:
    """Return the job of a text; raises ``BlobLost``."""
    return CallJob.model_validate(await _get(json.loads(payload), blobs))


async def _put(value: Any, blobs: BlobStore) -> Any:
    if isinstance(value, str) and len(value) > LARGEST_INLINE:
        return {_REFERENCE: await blobs.put(value.encode("utf-8"))}
    if isinstance(value, Mapping):
        return {name: await _put(one, blobs) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [await _put(one, blobs) for one in value]
    return value


async def _get(value: Any, blobs: BlobStore) -> Any:
    if isinstance(value, dict) and list(value) == [_REFERENCE] and isinstance(value[_REFERENCE], str):
        return (await blobs.get(value[_REFERENCE])).decode("utf-8")
    if isinstance(value, dict):
        return {name: await _get(one, blobs) for name, one in value.items()}
    if isinstance(value, list):
        return [await _get(one, blobs) for one in value]
    return value
