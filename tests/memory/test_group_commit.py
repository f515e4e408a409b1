"""The commit queue: order, bounds, outcomes, and an end that loses nothing."""

import asyncio
import logging
import threading

import pytest

from codecompanion.memory.errors import StorageError
from codecompanion.memory.group_commit import BATCH, ROOM, GroupCommit


async def test_jobs_are_committed_in_order_in_bounded_batches() -> None:
    batches: list[list[int]] = []
    gate = threading.Event()

    def commit(jobs: list[int]) -> list[int]:
        gate.wait(10)
        batches.append(jobs)
        return [job * 2 for job in jobs]

    commits = GroupCommit(commit)
    submitted = [asyncio.create_task(commits.submit(job)) for job in range(1000)]
    await asyncio.sleep(0.01)
    gate.set()
    assert await asyncio.gather(*submitted) == [job * 2 for job in range(1000)]
    assert [job for batch in batches for job in batch] == list(range(1000))
    assert max(len(batch) for batch in batches) == BATCH
    await commits.close()


async def test_each_submitter_gets_its_own_outcome() -> None:
    commits: GroupCommit[int, int] = GroupCommit(
        lambda jobs: [ValueError(job) if job % 2 else job for job in jobs]
    )
    outcomes = await asyncio.gather(*(commits.submit(job) for job in range(10)), return_exceptions=True)
    assert [outcome if isinstance(outcome, int) else outcome.args for outcome in outcomes] == [
        (job,) if job % 2 else job for job in range(10)
    ]
    await commits.close()


async def test_a_fault_in_the_commit_reaches_the_submitters_and_not_the_next_batch(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def commit(jobs: list[int]) -> list[int]:
        return [100 // job for job in jobs]

    commits = GroupCommit(commit)
    with caplog.at_level(logging.CRITICAL), pytest.raises(ZeroDivisionError):
        await commits.submit(0)
    assert await commits.submit(5) == 20
    await commits.close()


async def test_room_is_bounded_and_given_back_by_the_cancelled() -> None:
    gate = threading.Event()
    sizes: list[int] = []

    def commit(jobs: list[int]) -> list[int]:
        gate.wait(10)
        sizes.append(len(jobs))
        return jobs

    commits = GroupCommit(commit)
    submitted = [asyncio.create_task(commits.submit(job)) for job in range(ROOM + 500)]
    await asyncio.sleep(0.01)
    for task in submitted:
        task.cancel()
    await asyncio.wait(submitted)
    late = asyncio.create_task(commits.submit(-1))
    await asyncio.sleep(0.01)
    gate.set()
    async with asyncio.timeout(10):
        assert await late == -1
    # the 500 that were still waiting for room were never taken in
    assert sum(sizes) == ROOM + 1
    await commits.close()


async def test_closing_finishes_the_queue_and_refuses_the_rest() -> None:
    done: list[int] = []
    gate = threading.Event()

    def commit(jobs: list[int]) -> list[int]:
        gate.wait(10)
        done.extend(jobs)
        return jobs

    commits = GroupCommit(commit)
    submitted = [asyncio.create_task(commits.submit(job)) for job in range(300)]
    await asyncio.sleep(0.01)
    closing = [asyncio.create_task(commits.close()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StorageError, match="closed"):
        await commits.submit(301)
    gate.set()
    await asyncio.gather(*closing)
    assert await asyncio.gather(*submitted) == done == list(range(300))


def test_a_loop_that_ended_does_not_stop_the_thread() -> None:
    done = threading.Event()
    gate = threading.Event()

    def commit(jobs: list[int]) -> list[int]:
        gate.wait(10)
        done.set()
        return jobs

    async def leave() -> GroupCommit[int, int]:
        commits = GroupCommit(commit)
        submitted = asyncio.create_task(commits.submit(1))
        await asyncio.sleep(0.01)
        submitted.cancel()
        return commits

    commits = asyncio.run(leave())
    gate.set()
    assert done.wait(10)
    asyncio.run(commits.close())
