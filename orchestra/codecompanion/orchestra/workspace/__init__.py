"""The workspace on disk: what may be read, where edits may go, and the copy that commands run in."""
