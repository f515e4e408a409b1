"""Serves an editor, and kills itself at a given moment of the log, that of typing too.

Usage: ``serve_until_killed.py ACKS MOMENT``; see ``watch_appends``.
"""

import os
import sys

from watched_appends import watch_appends

from codecompanion.server.cli import main

if __name__ == "__main__":
    watch_appends(
        os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        sys.argv[2],
        is_watched=lambda stream: True,
        line=lambda one: f"{one.run_id} {one.version} {one.body.event}",
    )
    raise SystemExit(main(["serve", "--log-level", "warning"]))
