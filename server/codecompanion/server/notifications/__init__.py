"""What the editor tells without waiting for an answer, one module a method."""
