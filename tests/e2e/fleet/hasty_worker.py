"""An `orchestra worker` whose silence is noticed sooner, so that less is waited for once it is killed."""

import sys
from functools import partial

from codecompanion.orchestra.bus import redis_bus
from codecompanion.orchestra.bus.terms import WorkTerms
from codecompanion.server.cli import main

LEASE = 3.0
"""Seconds; a worker on a busy machine must not be taken for a dead one."""

if __name__ == "__main__":
    redis_bus.WorkTerms = partial(WorkTerms, lease=LEASE)  # type: ignore[assignment,misc]
    raise SystemExit(main(["worker", *sys.argv[1:]]))
