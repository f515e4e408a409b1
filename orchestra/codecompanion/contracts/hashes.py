"""The one hash by which texts are named and compared."""

import hashlib


def sha256_of(text: str) -> str:
    """Return the hex SHA-256 of a text's UTF-8; lone surrogates are kept apart, not refused."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
