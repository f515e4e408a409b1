"""Looking back: what a run was at any of its events, read from the log alone. Nothing here acts on anything."""
