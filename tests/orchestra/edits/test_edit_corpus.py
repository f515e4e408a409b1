"""The corpus of mutated replies: nothing wrong is applied, and nearly all of what can be mended is."""

import pytest

from benchmarks.edit_corpus.judging import judged, report


def test_a_part_of_the_corpus() -> None:
    tally = judged(150, seed=11, from_history=False)
    assert not tally.wrong, report(tally)
    assert tally.mended >= 95, report(tally)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_the_corpus(seed: int) -> None:
    tally = judged(2_000, seed=seed)
    assert tally.cases >= 2_000
    assert not tally.wrong, report(tally)
    assert tally.mended >= 95, report(tally)
