"""What this installation is told to do: from the editor, the environment and the user's own files.

Nothing here is imported by name from this package: `load` needs pydantic, `precheck` and `redaction` do not.
"""
