"""How agents' answers become file edits: reading replies, placing blocks, checking syntax; all pure."""
