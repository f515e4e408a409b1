"""From events to what a run made and how good that was: `artifacts` and `quality_metrics`."""

from collections.abc import Callable
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts.messages import ArtifactRef
from codecompanion.contracts.records import MOST_TEXT, ArtifactRecord, QualityRecord
from codecompanion.memory.records.rows import Rows
from codecompanion.memory.records.tables import ARTIFACTS, QUALITY_METRICS


def fold_products(rows: Rows, one: e.Recorded) -> None:
    """Add what the event brought, or what became of it."""
    fold = _FOLDS.get(type(one.body))
    if fold is not None:
        fold(rows, one, one.body)


def _keep(rows: Rows, one: e.Recorded, task_id: str, ref: ArtifactRef) -> None:
    artifact = ArtifactRecord(
        run_id=one.run_id,
        artifact_id=ref.id,
        task_id=task_id,
        kind=ref.kind,
        name=ref.name,
        sha256=ref.sha256,
        at=one.at,
    )
    rows.put(ARTIFACTS, artifact)


def _made(rows: Rows, one: e.Recorded, event: e.ArtifactMade) -> None:
    _keep(rows, one, event.task_id, event.ref)


def _handed_in(rows: Rows, one: e.Recorded, event: e.TaskFinished) -> None:
    for ref in event.artifacts:
        _keep(rows, one, event.task_id, ref)


def _proposed(rows: Rows, one: e.Recorded, event: e.EditProposed) -> None:
    edit = ArtifactRecord(
        run_id=one.run_id,
        artifact_id=event.edit_id,
        task_id=event.task_id,
        kind="edit",
        name=event.edit.path,
        sha256=event.sha256,
        state="proposed",
        at=one.at,
    )
    rows.put(ARTIFACTS, edit)


def _settled(rows: Rows, one: e.Recorded, event: e.EditSettled) -> None:
    edit = rows.get(ARTIFACTS, one.run_id, event.outcome.edit_id)
    if edit is not None:
        outcome = {"state": event.outcome.state, "reason": event.outcome.reason[:MOST_TEXT]}
        rows.put(ARTIFACTS, edit.model_copy(update=outcome))


def _tested(rows: Rows, one: e.Recorded, event: e.TestsRan) -> None:
    report = event.report
    quality = QualityRecord(
        run_id=one.run_id,
        version=one.version,
        at=one.at,
        round=event.round,
        ran=report.ran,
        passed=report.passed,
        failed=report.failed,
        green=report.green,
        seconds=report.seconds,
    )
    rows.put(QUALITY_METRICS, quality)


_FOLDS: dict[type, Callable[[Rows, e.Recorded, Any], None]] = {
    e.ArtifactMade: _made,
    e.TaskFinished: _handed_in,
    e.EditProposed: _proposed,
    e.EditSettled: _settled,
    e.TestsRan: _tested,
}
