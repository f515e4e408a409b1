"""What a person asks for: the input contract of a run."""

from typing import Literal

from pydantic import Field

from codecompanion.contracts.base import Contract

RunKind = Literal["project", "change", "tests", "fix", "design", "simulation"]
RunMode = Literal["automatic", "stepwise", "approve"]
"""How a run goes on: by itself, with one `next` before each agent, or once the person has approved the plan."""

Landing = Literal["live", "verified", "review"]
"""When edits come into the person's files: at once, once tests ran green on them, or once they are let in."""


class Place(Contract):
    """Where in the workspace a request points: a file, or whole lines of it.

    ``path`` is relative to the workspace folder, with forward slashes; lines count from 1, both ends included.
    ``text`` is what stands there in the editor now.
    """

    path: str
    first_line: int | None = None
    last_line: int | None = None
    text: str = ""


class Simulation(Contract):
    """How a rehearsal goes: that many pretended tasks of ``seconds`` each, no model, no file touched."""

    tasks: int = Field(default=4, ge=1, le=60)
    seconds: float = Field(default=0.5, ge=0, le=60)


class RunOrder(Contract):
    """Everything a run needs to know from the person who started it.

    ``workspace`` is the absolute path of the folder. ``problems`` are the diagnostics to fix, each as
    ``path:line: message``. ``mode`` says whether the run waits for the person on its way. ``landing``
    is when its edits reach the files. ``max_repairs`` bounds the Debugger's rounds.
    """

    kind: RunKind
    request: str
    workspace: str
    place: Place | None = None
    problems: tuple[str, ...] = ()
    template: str | None = None
    offline: bool = False
    mode: RunMode = "automatic"
    landing: Landing = "live"
    max_repairs: int = Field(default=3, ge=0, le=20)
    simulation: Simulation | None = None
