"""Looks up what waits in a folder's log."""

from codecompanion.contracts.change_events import CHANGES, ChangesAccepted, ChangesRejected
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.events import Recorded
from codecompanion.memory.file_events import forked_runs, runs_that_wait
from codecompanion.orchestra.review.review_items import RunReview, review_of
from codecompanion.server.runs.reader import ReadableLog


async def waiting_in(log: ReadableLog) -> list[RunReview]:
    """Return what waits of each run that worked in this folder, oldest first; a damaged run hides no other."""
    found = []
    decisions = await log.read(CHANGES)
    elsewhere = await log.ask(forked_runs)
    for run_id in await log.ask(runs_that_wait):
        if run_id in elsewhere:
            continue
        try:
            history = await log.read(run_id)
        except (OrchestraError, ValueError):
            continue
        review = review_of(run_id, history, [one for one in decisions if _about(one, run_id)])
        if review.files or review.kept_back:
            found.append(review)
    return found


def _about(one: Recorded, run_id: str) -> bool:
    return isinstance(one.body, ChangesAccepted | ChangesRejected) and one.body.run_id == run_id
