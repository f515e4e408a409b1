"""A run from the first word to the last: its state, its legal moves, its log and what people see of it."""
