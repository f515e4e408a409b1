"""Whole runs, for the command line and the editor alike: looking, sharing, forking and clearing away."""
