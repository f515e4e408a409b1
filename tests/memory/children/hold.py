"""Opens a log, says `open`, and holds it until stdin is closed."""

import sys
import time
from pathlib import Path

from codecompanion.memory.database import Database

database = Database.open(Path(sys.argv[1]), time.time)
sys.stdout.write("open\n")
sys.stdout.flush()
sys.stdin.read()
database.close()
