"""Tasks that no request waits for: kept alive, named, their failures logged, cancelled at shutdown."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class BackgroundTasks:
    """Owns every task it starts until the task is done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start ``work``; an exception nobody awaits goes to the log under ``name``."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._settle)
        return task

    async def cancel(self, grace: float) -> None:
        """Cancel all but the calling task and give them ``grace`` seconds to end; name those that do not."""
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await wait_for_end(tasks, grace)

    def _settle(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("background task %s failed", task.get_name(), exc_info=problem)


async def wait_for_end(tasks: set[asyncio.Task[Any]], grace: float) -> None:
    """Wait up to ``grace`` seconds for ``tasks`` and log the names of those still running."""
    if not tasks:
        return
    _, pending = await asyncio.wait(tasks, timeout=grace)
    for task in pending:
        log.warning("task %s did not end within %.1f s of being cancelled", task.get_name(), grace)
