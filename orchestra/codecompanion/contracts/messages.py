"""Structured messages between agents: handoffs carry references, never pasted artifacts."""

from enum import IntEnum, StrEnum
from typing import Literal

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import ArtifactId, MessageId, RunId


class Role(StrEnum):
    """The five agents."""

    PROJECT_MANAGER = "ProjectManager"
    CODE_GENERATOR = "CodeGenerator"
    UI_DESIGNER = "UIDesigner"
    TEST_WRITER = "TestWriter"
    DEBUGGER = "Debugger"


class Priority(IntEnum):
    """Higher goes first when several tasks are ready."""

    LOW = 1
    NORMAL = 5
    HIGH = 8
    URGENT = 10


class ArtifactRef(Contract):
    """A pointer to something an agent made: small enough to send, exact enough to check."""

    id: ArtifactId
    kind: Literal["plan", "file", "patch", "tests", "test report", "reading map"]
    name: str
    sha256: str


class AgentMessage(Contract):
    """One message; ``correlation_id`` is the run, ``causation_id`` the message that led to this one."""

    id: MessageId
    sender: str
    recipient: str
    priority: Priority = Priority.NORMAL
    correlation_id: RunId
    causation_id: MessageId | None = None
    subject: str
    text: str = ""
    artifacts: tuple[ArtifactRef, ...] = ()
