"""The fleet as the owner of runs sees it: who can ask which provider, and which answers are kept for whom."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any, Final

from codecompanion.contracts.events import ModelAnswered, Recorded
from codecompanion.contracts.model_calls import call_name
from codecompanion.contracts.ports import Bus, SubscriberLagged
from codecompanion.contracts.work import Member
from codecompanion.router.retries import MonotonicClock

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0
_FAREWELL: Final = 2.0


class Fleet:
    """Keeps the roster fresh and lets go of answers once the log has them; an asynchronous context manager.

    A finished answer stays on the bus until its ``ModelAnswered`` is recorded: an owner that ends in between
    finds it there when it asks the same again, and nothing is paid twice. A call waits ``patience`` seconds
    while nobody in the fleet could take it.
    """

    def __init__(self, bus: Bus, clock: MonotonicClock, patience: float = 10.0) -> None:
        self.bus = bus
        self.clock = clock
        self.patience = patience
        self._members: list[Member] = []
        self._seen: dict[str, float] = {}
        self._began = clock()
        self._held: dict[str, list[tuple[str, str]]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._farewells: dict[str, asyncio.Task[Any]] = {}

    async def __aenter__(self) -> "Fleet":
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Look who is there, and begin to keep up with it."""
        self._began = self.clock()
        await self._look()
        self._spawn(self._keep_looking(), "look who is in the fleet")
        self._spawn(self._hear_of_answers(self.bus.subscribe()), "let go of recorded answers")

    # -- who can ask whom

    def can_ask(self, provider: str) -> bool:
        """Whether a worker can ask the provider; while there is no worker at all, each may come yet."""
        return not self._members or provider in self._providers()

    def lacking_for(self, provider: str) -> float:
        """Return for how many seconds nobody could ask the provider; 0 while somebody can."""
        if provider in self._providers():
            return 0.0
        return self.clock() - self._seen.get(provider, self._began)

    def describe(self) -> str:
        """Return who is there and whom they can ask, for a sentence."""
        known = [
            f"{one.name} ({', '.join(one.facts.get('providers', ())) or 'nobody'})" for one in self._members
        ]
        return ", ".join(known) or "none"

    def _providers(self) -> set[str]:
        return {provider for one in self._members for provider in one.facts.get("providers", ())}

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self._look()

    async def _look(self) -> None:
        self._members = await self.bus.roster.members()
        self._seen.update(dict.fromkeys(self._providers(), self.clock()))

    # -- answers that are kept

    def hold(self, call_id: str, topic: str, name: str) -> None:
        """Keep a finished answer until the log has it."""
        self._held.setdefault(call_id, []).append((topic, name))

    def forget(self, topic: str, name: str) -> None:
        """Take a call and its reply off the bus, whatever became of it; whoever works on it stops."""
        farewell = self._spawn(self._forget(topic, name), f"forget call {name}")
        self._farewells[name] = farewell
        farewell.add_done_callback(lambda _: self._farewells.pop(name, None))

    async def until_forgotten(self, name: str) -> None:
        """Return when no farewell to a call of that name is under way: it must not meet its successor."""
        if (farewell := self._farewells.get(name)) is not None:
            await asyncio.wait({farewell})

    async def _forget(self, topic: str, name: str) -> None:
        await self.bus.work.withdraw(topic, name)
        await self.bus.replies.drop(name)

    async def _hear_of_answers(self, events: AsyncIterator[Recorded]) -> None:
        while True:
            try:
                async for one in events:
                    if isinstance(one.body, ModelAnswered):
                        self._let_go(call_name(one.run_id, one.body.task_id))
            except SubscriberLagged:
                # which of them are in the log is not known here; those that are not expire by themselves
                for call_id in list(self._held):
                    self._let_go(call_id)

    def _let_go(self, call_id: str) -> None:
        for topic, name in self._held.pop(call_id, ()):
            self.forget(topic, name)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a part of the fleet's work failed", exc_info=error)

    async def close(self) -> None:
        """Say farewell to calls that were given up, for a moment, and stop."""
        if self._farewells:
            await asyncio.wait(self._farewells.values(), timeout=_FAREWELL)
        rest = list(self._tasks)
        for task in rest:
            task.cancel()
        for task in rest:
            with suppress(asyncio.CancelledError):
                await task
