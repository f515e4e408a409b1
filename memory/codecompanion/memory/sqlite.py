"""The SQLite engine in use: a mended one that is installed with us where there is one, else Python's own.

Many systems carry an engine whose write-ahead log two connections can corrupt (see `engine.wal_is_safe`); there
the log would need the slower rollback journal. ``sqlite3`` here is the same interface either way.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:
        # no build of it for this machine
        import sqlite3

__all__ = ["sqlite3"]
