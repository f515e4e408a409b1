"""What the layers say to each other: ids, messages, events, artifacts, edits, errors and ports.

Imports nothing of ours, so every layer may import it.
"""
