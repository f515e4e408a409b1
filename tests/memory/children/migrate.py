"""Brings a database to the newest format at the moment stdin says so, and says which format it then has."""

import sys
from pathlib import Path

from codecompanion.memory.engine import connect
from codecompanion.memory.schema import Migration, format_of, migrate

MIGRATIONS = [
    Migration(
        number, f"{number:04}_step", f"CREATE TABLE step_{number} (x); INSERT INTO step_{number} VALUES (1);"
    )
    for number in range(1, 21)
]

sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.readline()
connection = connect(Path(sys.argv[1]))
migrate(connection, MIGRATIONS, lambda: None)
sys.stdout.write(f"{format_of(connection)}\n")
