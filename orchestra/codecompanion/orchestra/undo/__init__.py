"""Taking agents' edits back by inverse edits, on top of everything that came after them. Pure."""
