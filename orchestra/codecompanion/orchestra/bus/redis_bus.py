"""The bus over Redis Streams, for runs whose model calls are made by a fleet of workers."""

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import BlobStore
from codecompanion.contracts.work import Replies, Roster, WorkQueue
from codecompanion.orchestra.bus.local_feed import BACKLOG, LocalFeed, Subscription
from codecompanion.orchestra.bus.redis_address import RedisAddress
from codecompanion.orchestra.bus.redis_feed import RedisFeed
from codecompanion.orchestra.bus.redis_link import LinkTerms, RedisLink
from codecompanion.orchestra.bus.redis_replies import RedisBlobs, RedisReplies, RedisRoster
from codecompanion.orchestra.bus.redis_work import RedisWork
from codecompanion.orchestra.bus.terms import WorkTerms


class RedisBus:
    """A ``Bus`` on one Redis; made by ``open``, which raises ``TransportAway`` where that cannot be used."""

    def __init__(self, link: RedisLink, terms: WorkTerms, backlog: int) -> None:
        self._link = link
        self._local = LocalFeed(backlog)
        self._feed = RedisFeed(link, self._local, backlog)
        self._work = RedisWork(link, terms)
        self.work: WorkQueue = self._work
        self.replies: Replies = RedisReplies(link, terms)
        self.roster: Roster = RedisRoster(link, self._work, terms)
        self.blobs: BlobStore = RedisBlobs(link, terms)

    @classmethod
    async def open(
        cls,
        address: RedisAddress,
        *,
        terms: WorkTerms | None = None,
        link_terms: LinkTerms | None = None,
        backlog: int = BACKLOG,
    ) -> "RedisBus":
        """Connect, check the server and begin to carry the feed."""
        link = await RedisLink.open(address, link_terms)
        bus = cls(link, terms or WorkTerms(), backlog)
        await bus._feed.start()
        return bus

    def publish(self, recorded: Recorded) -> None:
        """As ``EventFeed.publish``."""
        self._local.publish(recorded)
        self._feed.offer(recorded)

    def subscribe(self, run_id: RunId | None = None) -> Subscription:
        """As ``EventFeed.subscribe``."""
        return self._local.subscribe(run_id)

    @property
    def away(self) -> str | None:
        """As ``Bus.away``."""
        return self._link.away

    async def away_changed(self) -> None:
        """As ``Bus.away_changed``."""
        await self._link.away_changed()

    async def close(self) -> None:
        """As ``Bus.close``."""
        await self._feed.close()
        await self._work.close()
        await self._link.close()
