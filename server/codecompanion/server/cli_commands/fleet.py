"""`orchestra fleet status`: who works, how much waits, what was given up."""

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence

from codecompanion.contracts.wording import counted
from codecompanion.contracts.work import Member, TopicState
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.printing import say
from codecompanion.server.cli_commands.worker import demand_url
from codecompanion.server.logs import configure_logging
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.names import PROVIDERS


def fleet_status(*, redis_url: str | None, as_json: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Print how the fleet stands and return the exit code; raises ``TransportAway``."""
    configure_logging("error")
    url = demand_url(redis_url, load_settings(None, environ, user_file(environ)))
    members, topics = asyncio.run(_look(url))
    text = json.dumps(_as_json(members, topics), indent=2) if as_json else _as_text(members, topics)
    say([text])
    return DONE


async def _look(url: str) -> tuple[list[Member], list[TopicState]]:
    from codecompanion.router.fleet.jobs import topic_of  # noqa: PLC0415 - not for a look at --help
    from codecompanion.server.transport import address_of, open_redis_bus  # noqa: PLC0415

    bus = await open_redis_bus(address_of(url))
    try:
        topics = [await bus.work.topic(topic_of(name)) for name in PROVIDERS if name != "offline"]
        return await bus.roster.members(), topics
    finally:
        await bus.close()


def _as_json(members: Sequence[Member], topics: Sequence[TopicState]) -> dict[str, object]:
    return {
        "workers": [one.to_wire() for one in members],
        "queues": [one.to_wire() for one in topics if _matters(one)],
    }


def _as_text(members: Sequence[Member], topics: Sequence[TopicState]) -> str:
    lines = [counted(len(members), "worker")]
    lines += [_worker_line(one) for one in members]
    queues = [one for one in topics if _matters(one)]
    lines += [f"{one.topic}: {one.waiting} wait, {one.taken} are being made{_lost(one)}" for one in queues]
    lines += ["nothing waits"] * (not queues)
    for letter in (letter for one in queues for letter in one.dead):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(letter.at))
        lines.append(
            f"given up: {letter.topic} {letter.id} at {when}, after {counted(letter.attempts, 'worker')}, "
            f"the last was {letter.consumer}"
        )
    return "\n".join(lines)


def _worker_line(one: Member) -> str:
    facts = one.facts
    asks = ", ".join(facts.get("providers", ())) or "nobody"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.since))
    return (
        f"  {one.name}: asks {asks}; {facts.get('busy', 0)} of {facts.get('places', 0)} places busy, "
        f"{counted(facts.get('done', 0), 'call')} made since {since}"
    )


def _matters(one: TopicState) -> bool:
    return bool(one.waiting or one.taken or one.lost or one.dead)


def _lost(one: TopicState) -> str:
    return f"; {one.lost} queue entries were lost and sent again" if one.lost else ""
