"""Looking after a folder's database, for the command line and the editor alike; everything here blocks."""

import time
from functools import partial

from codecompanion.memory import care
from codecompanion.memory.export_log import export_log
from codecompanion.orchestra.replay.story import sentence

status = care.status
check = partial(care.check, tell=sentence)
back_up = partial(care.back_up, clock=time.time)
vacuum = care.vacuum
rebuild = partial(care.rebuild, tell=sentence, clock=time.time)
export = export_log
