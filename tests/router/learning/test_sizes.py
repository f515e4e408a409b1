"""The size of the work counts where it makes a difference, and costs nothing where it makes none."""

from random import Random

import pytest

from codecompanion.router.learning.policy import Outcome, Situation
from codecompanion.router.learning.pooled import PooledPolicy
from codecompanion.router.learning.quality import QualityBeliefs
from codecompanion.router.learning.sizes import SizeEffects

SIZES = ("small", "medium", "large")


def lived(score, rounds=1200, seed=4):
    """Let beliefs see tasks of all sizes; ``score(arm, size)`` is the chance of success."""
    beliefs, rng = QualityBeliefs(), Random(seed)
    for number in range(rounds):
        arm, size = ("a", "b")[number % 2], rng.choice(SIZES)
        beliefs.learn(Situation(kind="code", size=size), arm, float(rng.random() < score(arm, size)))
    return beliefs


def test_a_model_that_is_weak_at_large_work_only_is_chosen_for_the_small():
    scores = {("a", "small"): 0.9, ("a", "large"): 0.2}
    beliefs = lived(lambda arm, size: scores.get((arm, size), 0.6))

    def better(size):
        return max("ab", key=lambda arm: beliefs.belief("code", arm, size).mean)

    assert (better("small"), better("large")) == ("a", "b")
    assert beliefs.belief("code", "a", "large").mean == pytest.approx(0.2, abs=0.1)


def test_what_is_hard_for_all_is_held_against_nobody():
    hard = lived(lambda arm, size: 0.3 if size == "large" else 0.8)
    for arm in "ab":
        assert hard.sizes.of(arm, "large") < -0.25
    assert hard.sizes.of("never seen", "large") < -0.15
    assert abs(hard.belief("code", "a").mean - hard.belief("code", "b").mean) < 0.08


def test_nothing_is_made_of_a_size_that_says_nothing():
    mattered = [lived(lambda arm, size: 0.6, rounds=300, seed=seed).sizes.matter for seed in range(30)]
    assert sum(mattered) <= 3


def test_one_size_alone_and_no_size_make_no_difference():
    for size in ("small", ""):
        effects = SizeEffects()
        for off in (0.4, -0.3, 0.2, 0.5):
            effects.learn("a", size, off, 0.2, 1.0)
        assert not effects.matter
        assert effects.of("a", size) == 0.0


def test_the_policy_chooses_by_the_size():
    policy, rng = PooledPolicy(Random(1)), Random(2)
    scores = {("a", "small"): 0.9, ("a", "large"): 0.1, ("b", "small"): 0.5, ("b", "large"): 0.6}
    taken = []
    for number in range(600):
        situation = Situation(kind="code", size=("small", "large")[number % 2])
        arm = policy.choose(situation, ("a", "b")).arm
        taken.append((situation.size, arm))
        policy.learn(situation, arm, Outcome(quality=float(rng.random() < scores[arm, situation.size])))
    late = taken[400:]
    assert late.count(("small", "a")) > 80
    assert late.count(("large", "b")) > 80
