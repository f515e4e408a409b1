"""Numbers in sentences for people."""


def counted(number: float, thing: str) -> str:
    """Return ``1 test``, ``2 tests``, ``1,000 tests``, ``1.5 seconds``."""
    said = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{said} {thing}" if said == "1" else f"{said} {thing}s"
