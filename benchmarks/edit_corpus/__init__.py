"""A corpus of model replies: real code, edits of it, four formats, and what models get wrong, mutated in."""
