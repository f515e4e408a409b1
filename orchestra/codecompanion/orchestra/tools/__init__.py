"""The agents' read-only look at the workspace: typed tools, bounded and repeat-aware."""
