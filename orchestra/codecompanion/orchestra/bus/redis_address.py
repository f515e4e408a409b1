"""What a Redis is reached by, checked strictly and shown without its password."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

MEND: Final = "write for example redis://127.0.0.1:6379/0, or rediss:// for TLS"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """One database of one server. ``str`` of it never holds the password."""

    host: str
    port: int = 6379
    database: int = 0
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.tls else 'redis'}://{host}:{self.port}/{self.database}"


def parse_address(url: str) -> RedisAddress:
    """Read ``redis[s]://[[user]:password@]host[:port][/database]``; raises ``ValueError`` without the value.

    Options behind a ``?`` are refused: they would set time-outs and retries that the bus relies on.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"not an address of a Redis; {MEND}") from None
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or port == 0:
        raise ValueError(f"not an address of a Redis; {MEND}")
    if parts.query or parts.fragment or any(sign.isspace() for sign in url):
        raise ValueError(f"more than an address of a Redis; {MEND}")
    number = parts.path.strip("/") or "0"
    if not (number.isascii() and number.isdecimal()) or len(number) > 5:
        raise ValueError(f"the part behind the port must be the database's number; {MEND}")
    return RedisAddress(
        host=parts.hostname,
        port=port or 6379,
        database=int(number),
        tls=parts.scheme == "rediss",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
