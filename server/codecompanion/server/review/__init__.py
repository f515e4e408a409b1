"""Reviewing what waits: told, shown beside the file, let in or turned down, in an editor or at a terminal."""
