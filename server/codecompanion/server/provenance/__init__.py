"""Who wrote each line of a file, asked of a folder's log."""
