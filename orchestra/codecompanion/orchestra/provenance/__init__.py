"""Who wrote each line of a file: told from the log alone. Pure."""
