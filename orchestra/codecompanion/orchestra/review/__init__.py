"""Edits that wait: for green tests, or for a person's word on each change, file or run."""
