"""The gateway of an owner whose calls are made by a fleet."""

import time

from codecompanion.contracts.model_calls import ProviderState
from codecompanion.contracts.ports import ModelClient, TemplateLibrary
from codecompanion.router.choice import RoleChoice
from codecompanion.router.config import PROVIDERS, RouterConfig
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.fleet_client import FleetClient
from codecompanion.router.gateway import Gateway
from codecompanion.router.means import CallMeans
from codecompanion.router.providers.offline import OFFLINE_STATE, OfflineClient
from codecompanion.router.retries import RetryPolicy


def build_fleet_gateway(
    config: RouterConfig,
    templates: TemplateLibrary,
    fleet: Fleet,
    means: CallMeans | None = None,
) -> Gateway:
    """Return a gateway like any other, whose clients send their calls to the fleet.

    Choice, retries, fall-back, deadlines and budgets stay with the owner, where the settings and the log are;
    only the keys are the workers'. The offline provider needs no model and stays here.
    """
    clients: dict[str, ModelClient] = {
        provider: FleetClient(
            fleet, provider, native_tools=config.local.native_tools if provider == "local" else True
        )
        for provider in PROVIDERS
        if provider != "offline"
    }
    means = means or CallMeans()
    means.places.adopt(config.max_parallel)
    return Gateway(
        RoleChoice(config, fleet.can_ask),
        {**clients, "offline": OfflineClient(templates)},
        RetryPolicy(max_attempts=config.max_attempts, clock=time.monotonic),
        known=[*(ProviderState(provider=name, configured=True, note=_NOTE) for name in clients), OFFLINE_STATE],
        places=means.places,
        health=means.health,
        purse=means.purse(config),
        deadline=config.deadline,
    )


_NOTE = "asked by the fleet; its keys are the workers'"
