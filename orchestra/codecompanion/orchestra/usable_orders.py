"""Which orders a run can be begun with."""

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.orders import RunOrder

MAX_REQUEST_CHARS = 200_000


def demand_usable(order: RunOrder) -> None:
    """Raise ``BadRequest`` for an order that says nothing, or too much at once."""
    if order.kind in ("project", "change", "design") and not order.request.strip():
        raise BadRequest("the request is empty; say in a sentence what you want")
    if len(order.request) > MAX_REQUEST_CHARS:
        raise BadRequest(
            f"the request has {len(order.request):,} characters; the most is {MAX_REQUEST_CHARS:,}. "
            "Put long material into a file of the workspace and name the file"
        )
