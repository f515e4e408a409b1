"""Answers to the editor's requests, one module a method; what they share stands beside them."""
