"""The gateway of an owner whose calls are made by a fleet."""

import time
from collections.abc import AsyncGenerator, Iterable

from codecompanion.contracts.model_calls import ModelRequest, ProviderState, StreamPart
from codecompanion.contracts.ports import ModelClient, TemplateLibrary
from codecompanion.router.choice import Constraint, RoleChoice, is_private
from codecompanion.router.config import PROVIDERS, ModelRef, RouterConfig
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.fleet_client import FleetClient
from codecompanion.router.gateway import Gateway
from codecompanion.router.means import CallMeans
from codecompanion.router.providers.assembly import make_clients
from codecompanion.router.providers.offline import OFFLINE_STATE, OfflineClient
from codecompanion.router.retries import RetryPolicy

_NOTE = "asked by the fleet; its keys are the workers'"


class OwnServer(ModelClient):
    """The person's own server, asked from here where the code may not leave, or no worker can ask it."""

    def __init__(self, own: ModelClient, fleets: FleetClient, fleet: Fleet, config: RouterConfig) -> None:
        self._own = own
        self._fleets = fleets
        self._fleet = fleet
        self._config = config

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._own.name

    @property
    def native_tools(self) -> bool:
        """As the owner's settings say."""
        return self._own.native_tools

    def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        """As ``ModelClient.stream``."""
        here = is_private(self._config, request) or not self._fleet.can_ask(self.name)
        return (self._own if here else self._fleets).stream(request, model)

    async def check(self) -> ProviderState:
        """Ask the server from here."""
        return await self._own.check()

    async def close(self) -> None:
        """Close the connection from here; that of the fleet is its owner's."""
        await self._own.close()


def build_fleet_gateway(
    config: RouterConfig,
    templates: TemplateLibrary,
    fleet: Fleet,
    means: CallMeans | None = None,
    constraints: Iterable[Constraint] = (),
) -> Gateway:
    """Return a gateway like any other, whose clients send their calls to the fleet.

    Choice, constraints, retries, fall-back, deadlines and budgets stay with the owner, where the settings and
    the log are; only the keys are the workers'. The offline provider needs no model and stays here.
    """
    clients = _clients(config, templates, fleet)
    means = means or CallMeans()
    means.places.adopt(config.max_parallel)
    own_server = config.local.configured
    return Gateway(
        RoleChoice(
            config,
            lambda provider: fleet.can_ask(provider) or (own_server and provider == "local"),
            (_stays_here(config), *constraints),
        ),
        {**clients, "offline": OfflineClient(templates)},
        RetryPolicy(max_attempts=config.max_attempts, clock=time.monotonic),
        known=[*(ProviderState(provider=name, configured=True, note=_NOTE) for name in clients), OFFLINE_STATE],
        places=means.places,
        health=means.health,
        purse=means.purse(config),
        deadline=config.deadline,
    )


def _clients(config: RouterConfig, templates: TemplateLibrary, fleet: Fleet) -> dict[str, ModelClient]:
    once = config.budgets.hard
    clients: dict[str, ModelClient] = {
        provider: FleetClient(fleet, provider, once=once)
        for provider in PROVIDERS
        if provider not in ("offline", "local")
    }
    fleets = FleetClient(fleet, "local", native_tools=config.local.native_tools, once=once)
    own = make_clients(config, templates)["local"]
    clients["local"] = OwnServer(own, fleets, fleet, config) if config.local.configured else fleets
    return clients


def _stays_here(config: RouterConfig) -> Constraint:
    """Return what keeps the code of private folders off the bus: it leads to other machines."""

    def why_not(request: ModelRequest, ref: ModelRef) -> str:
        if config.local.configured or not is_private(config, request):
            return ""
        return (
            "would be asked from another machine, and this folder is set to local only: "
            f"set {PROVIDERS['local'].url_name} where the run is"
        )

    return why_not
