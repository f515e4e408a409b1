"""The person's spending ledger: one for all their folders and processes, in their state folder."""

import os
import time
from collections.abc import Callable, Mapping

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.spending import SpendLedger
from codecompanion.memory.spending.ledger import SqliteLedger
from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.health import ProviderHealth
from codecompanion.router.means import CallMeans
from codecompanion.router.rests import SharedRests
from codecompanion.server.settings.folders import state_folder


def open_ledger(environ: Mapping[str, str] = os.environ) -> SpendLedger:
    """Open the ledger; blocks. Raises ``OrchestraError`` where it cannot be used."""
    folder = state_folder(environ)
    if folder is None:
        raise WorkspaceError("there is no home folder to keep the spending ledger in: set HOME")
    return SqliteLedger.open(folder, time.time)


def call_means(warn: Callable[[str], None]) -> CallMeans:
    """Return what the gateways of a process share; ``warn`` tells the person of budgets that are used up."""
    book, health = SpendingBook(open_ledger, warn), ProviderHealth(time.monotonic)
    return CallMeans(book=book, health=health, rests=SharedRests(book.ledger, health))
