"""Budgets: what a call may cost at most is set aside before it, and what it did cost is charged after it."""
