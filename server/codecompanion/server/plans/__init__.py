"""The plans of runs as documents that a person reads, changes and approves in the editor."""
