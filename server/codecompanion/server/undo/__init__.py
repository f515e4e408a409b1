"""Undoing a run, or one agent's part of it, in the editor or on the disk."""
