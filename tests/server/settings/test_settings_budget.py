"""Budgets are set in dollars, never by an opened folder, and arrive in micro-dollars."""

import pytest

from codecompanion.router.budget.limits import Budgets
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import budgets, router_config


def test_dollars_become_micros(load):
    settings = load(
        environ={"ORCHESTRA_BUDGET_RUN": "0.1", "ORCHESTRA_PROVIDER_BUDGETS_OPENAI": "0"},
        toml="[budget]\nday = 5\nsoft = true\n",
    )
    assert budgets(settings) == Budgets(run=100_000, day=5_000_000, providers={"openai": 0}, soft=True)
    assert router_config(settings).budgets == budgets(settings)
    assert not budgets(Settings()).any


@pytest.mark.parametrize("amount", ["nan", "inf", "-1", "much", "1000001"])
def test_what_is_no_amount_is_refused(problems, amount):
    (problem,) = problems(environ={"ORCHESTRA_BUDGET_DAY": amount})
    assert "give US dollars, 0 or more" in problem


def test_an_opened_folder_cannot_raise_a_budget(problems):
    (problem,) = problems({"orchestra.budget.day": 1000})
    assert "not taken from the editor" in problem
