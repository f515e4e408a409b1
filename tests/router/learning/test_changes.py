"""A model that silently changes is noticed, and one that does not is left alone."""

from random import Random

from codecompanion.router.learning.changes import ChangeDetector
from codecompanion.router.learning.policy import Outcome, Situation
from codecompanion.router.learning.pooled import PooledPolicy
from codecompanion.router.learning.quality import QualityBeliefs

HERE = Situation(kind="code")


def test_a_loss_of_one_deviation_is_noticed_within_forty_looks():
    delays = []
    for seed in range(20):
        rng, detector = Random(seed), ChangeDetector[int]()
        delays.append(next(n for n in range(400) if detector.noticed("m", rng.gauss(-1.0, 1.0), n) is not None))
    assert sorted(delays)[10] <= 30
    assert max(delays) <= 60


def test_a_model_that_does_not_change_is_hardly_ever_suspected():
    alarms = 0
    for seed in range(10):
        rng, detector = Random(seed), ChangeDetector[int]()
        alarms += sum(detector.noticed("m", rng.gauss(0.0, 1.0), n) is not None for n in range(2000))
    assert alarms <= 4


def test_what_was_seen_since_the_change_is_handed_back():
    detector = ChangeDetector[int](slack=0.5, alarm=3.0)
    assert all(detector.noticed("m", 0.0, n) is None for n in range(5))
    found = [detector.noticed("m", -2.0, n) for n in range(5, 8)]
    assert found == [None, None, [5, 6, 7]]


def test_the_loss_is_carried_over_to_the_kinds_where_it_was_not_seen():
    beliefs = QualityBeliefs()
    for _ in range(50):
        for kind in ("a", "b"):
            beliefs.learn(Situation(kind=kind), "m", 0.8)
            beliefs.learn(Situation(kind=kind), "other", 0.6)
    beliefs.changed("m", expected=0.8, found=0.3)
    assert beliefs.belief("b", "m").mean < beliefs.belief("b", "other").mean
    assert beliefs.belief("b", "m").variance > beliefs.belief("b", "other").variance


def test_the_policy_leaves_a_model_that_fell_and_finds_it_again_when_it_mends():
    policy, rng = PooledPolicy(Random(2)), Random(9)

    def live(scores, rounds):
        picked = []
        for _ in range(rounds):
            arm = policy.choose(HERE, ("a", "b")).arm
            picked.append(arm)
            policy.learn(HERE, arm, Outcome(quality=float(rng.random() < scores[arm])))
        return picked

    assert live({"a": 0.9, "b": 0.6}, 200)[-60:].count("a") > 50
    assert live({"a": 0.2, "b": 0.6}, 120)[-40:].count("b") > 30
