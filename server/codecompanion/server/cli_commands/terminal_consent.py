"""Asking on the terminal, in the middle of a run, whether a command may run."""

import os
import sys
from collections.abc import Mapping

from codecompanion.contracts.consent import Consent, ConsentGiven
from codecompanion.server.cli_commands.run_progress import Progress
from codecompanion.server.cli_commands.stepping import EnterKey
from codecompanion.server.logs import redactor
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.redaction import plain
from codecompanion.server.trust.consents import RememberedConsent
from codecompanion.server.trust.ledger import ledger_beside

STDIN = 0


def consent_on_terminal(progress: Progress, *, given: bool, environ: Mapping[str, str] = os.environ) -> Consent:
    """Return who says yes to commands: the person at the terminal, nobody, or all of them were ``given``."""
    if given:
        return ConsentGiven()
    answers = EnterKey(STDIN)

    async def ask(question: str) -> bool:
        with progress.aside():
            sys.stderr.write(f"\n{plain(redactor(question))}\n[y/N] ")
            sys.stderr.flush()
            answer = await answers.line()
        return (answer or "").strip().lower() in ("y", "yes")

    return RememberedConsent(ledger_beside(user_file(environ)), ask if os.isatty(STDIN) else None)
