"""Really running a project's tests: finding out how, confining them, and reading what they said."""
