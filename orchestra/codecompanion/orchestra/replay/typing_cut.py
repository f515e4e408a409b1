"""The beginning of the recorded typing in short: what it came to, for when its events are removed. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.events import Context, Recorded
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.session_events import KnownDocument, TypingCut
from codecompanion.orchestra.replay.documents import Documents


def known_after(
    typing: Iterable[Recorded], texts: Mapping[str, str]
) -> tuple[tuple[KnownDocument, ...], dict[str, str]]:
    """Return what every document had come to after the typing, and the texts that are to be kept for that.

    ``texts`` has the texts kept so far, by their hash, as the answer has.
    """
    fold = Documents(texts)
    for one in typing:
        fold.take(one)
    kept: dict[str, str] = {}

    def keep(text: str | None) -> str:
        if text is None:
            return ""
        sha256 = sha256_of(text)
        kept[sha256] = text
        return sha256

    known = tuple(
        KnownDocument(
            path=path,
            text=keep(file.text),
            typed=keep(file.typed),
            saved=keep(file.kept),
            is_open=file.is_open,
            changes=file.changes,
            problems=tuple(dict.fromkeys(file.problems)),
        )
        for path, file in fold.files.items()
    )
    return known, kept


def with_cuts_in_place(events: Sequence[Recorded]) -> list[Recorded]:
    """Return events with the last cut of the typing, if it was made, in the place of what it stands for."""
    cuts = [one.body for one in events if isinstance(one.body, TypingCut)]
    rest = [one for one in events if not isinstance(one.body, TypingCut)]
    last = max(cuts, key=lambda cut: cut.version, default=None)
    if last is None or any(one.run_id == DOCUMENTS and one.version <= last.version for one in rest):
        # none, or noted only: its program ended before the typing was removed
        return rest
    return sorted([*rest, as_typing(last)], key=lambda one: one.position)


def as_typing(cut: TypingCut) -> Recorded:
    """Return what stands for the removed typing, in the place of its last event."""
    return Recorded(
        run_id=DOCUMENTS,
        version=cut.version,
        position=cut.position,
        at=cut.happened_at,
        body=cut,
        context=Context(correlation_id=DOCUMENTS),
    )
