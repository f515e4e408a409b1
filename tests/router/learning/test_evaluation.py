"""Driving policies over a table: the same seed the same figures, and each term does what it says."""

import pytest

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.evaluation import Course, passes, stretch
from codecompanion.router.learning.hindsight import single
from codecompanion.router.learning.naming import make_policy
from codecompanion.router.learning.report import driven, known_beforehand
from codecompanion.router.learning.tables import mean_of
from codecompanion.router.learning.weights import parse_weights


def gone(table, name="pooled", weights="quality", **terms):
    course = Course(passes=terms.pop("passes", 4), **terms)
    done = list(passes(table, lambda rng: make_policy(name, rng, Burdens(parse_weights(weights))), course))
    return driven(name, done, 1.0)


def test_the_same_seed_gives_the_same_figures_and_another_one_others(plain_table):
    assert gone(plain_table) == gone(plain_table)
    assert gone(plain_table) != gone(plain_table, seed=2)


def test_the_policy_beats_always_taking_one_model_at_random(plain_table):
    ours, chance = gone(plain_table), gone(plain_table, "random")
    assert ours.score > chance.score + 10
    assert ours.regret < 0.6 * chance.regret


def test_all_policies_go_the_same_way(plain_table):
    course = Course(passes=2)
    orders = [[task.name for task in stretch(plain_table, course, 0).scored] for _ in range(2)]
    assert orders[0] == orders[1] != [task.name for task in stretch(plain_table, course, 1).scored]


def test_what_is_known_beforehand_helps_and_is_not_scored(plain_table):
    cold, warm = gone(plain_table), gone(plain_table, warm=0.4)
    assert warm.score > cold.score
    assert len(stretch(plain_table, Course(warm=0.4), 0).scored) == 72


def test_half_way_the_best_model_loses_most_of_its_successes(plain_table):
    scored = stretch(plain_table, Course(drift=True), 0).scored
    half = len(scored) // 2
    before = single(scored[:half], "dear").points / half
    after = single(scored[half:], "dear").points / (len(scored) - half)
    assert after < 0.6 * before
    assert gone(plain_table, drift=True).late_regret < gone(plain_table, "fixed:dear", drift=True).late_regret


def test_a_budget_is_kept_and_pacing_solves_more(plain_table):
    dear = single(plain_table.tasks, "dear").dollars
    paced = gone(plain_table, budget=0.3 * dear)
    broke = gone(plain_table, budget=0.3 * dear, paced=False)
    assert paced.dollars <= 0.3 * dear + 0.1
    assert paced.score > broke.score
    assert paced.answered > broke.answered


def test_a_budget_of_nothing_answers_nothing(plain_table):
    assert (gone(plain_table, budget=0.0).answered, gone(plain_table, budget=0.0).score) == (0.0, 0.0)


def test_a_table_of_one_model_one_type_and_no_cost_is_no_special_case(table):
    read = table(*(f"t{n},a,m,{n % 2},0,0" for n in range(10)))
    figures = gone(read, weights="balanced", warm=0.2, drift=True, budget=1.0, delay=3)
    assert (figures.dollars, figures.answered) == (0.0, 100.0)
    assert known_beforehand(read, Course(passes=1))[0].share is None


def test_missing_cells_are_never_picked(table):
    read = table(*(f"t{n},a,{'x' if n % 2 else 'y'},1,0.1,1" for n in range(20)), "t0,a,z,0,0.1,1")
    figures = gone(read)
    assert figures.answered == 100.0
    assert figures.score >= 95.0


def test_delayed_outcomes_are_all_the_policy_learns_from(plain_table):
    late = gone(plain_table, delay=10_000)
    assert late.score == pytest.approx(
        mean_of(gone(plain_table, "random", seed=n).score for n in range(3)), abs=20
    )
    assert gone(plain_table, delay=4).score > late.score


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"passes": 0}, "passes 0 cannot be used; give 1 or more"),
        ({"warm": 1.0}, "warm 1.0 cannot be used; give a share"),
        ({"warm": float("nan")}, "warm nan cannot be used"),
        ({"budget": -1.0}, "budget -1.0 cannot be used; give dollars"),
        ({"delay": -1}, "delay -1 cannot be used"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(terms, said):
    with pytest.raises(BadRequest, match=said):
        Course(**terms)
