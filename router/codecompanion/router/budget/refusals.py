"""Why a call is not made for the sake of a budget: one plain sentence each, with the mend."""

from codecompanion.contracts.errors import OrchestraError, ProviderError, ProviderFault
from codecompanion.contracts.spending import Payer, Shortfall
from codecompanion.router.budget.limits import budget_words, setting_of
from codecompanion.router.budget.money import in_dollars
from codecompanion.router.config import ModelRef


def used_up(payer: Payer, short: Shortfall, needed: int) -> ProviderError:
    """Return the refusal of a call that a budget has not enough left for."""
    return _refusal(
        payer.provider,
        f"A call to {payer.provider}/{payer.model} may cost {in_dollars(needed)}, and of "
        f"{budget_words(short.account, short.limit)} {in_dollars(short.spent)} are spent: "
        f"raise {setting_of(short.account)}, or use a cheaper model.",
    )


def waited(payer: Payer, short: Shortfall) -> ProviderError:
    """Return the refusal of a call for which other calls have left no money in time."""
    return _refusal(
        payer.provider,
        f"A call to {payer.provider}/{payer.model} waited in vain for money: {in_dollars(short.reserved)} of "
        f"{budget_words(short.account, short.limit)} are set aside for other calls under way; "
        f"try again later, or raise {setting_of(short.account)}.",
    )


def above_call(ref: ModelRef, needed: int, limit: int) -> ProviderError:
    """Return the refusal of a call that costs too much even with a small answer."""
    return _refusal(
        ref.provider,
        f"A call to {ref} may cost {in_dollars(needed)} even with a short answer, more than "
        f"{budget_words('call', limit)}: raise budget.call, or use a cheaper model.",
    )


def above_first(ref: ModelRef, needed: int, most: int) -> ProviderError:
    """Return the refusal of a fall-back that is dearer than the model that was asked first."""
    return _refusal(
        ref.provider,
        f"{ref} was not asked instead: it may cost {in_dollars(needed)}, and the call was to cost at most "
        f"{in_dollars(most)}.",
    )


def no_price(ref: ModelRef) -> ProviderError:
    """Return the refusal of a call whose cost nobody can tell."""
    return _refusal(
        ref.provider,
        f"The price of {ref} is not known, so no budget can be kept with it: set its price in the file that "
        "routing.catalogue names, or set budget.soft to be warned only.",
    )


def no_ledger(payer: Payer, trouble: OrchestraError) -> ProviderError:
    """Return the refusal of a call while spending cannot be written down."""
    return _refusal(
        payer.provider,
        f"No budget can be kept, so nothing is spent: {trouble}. Mend that, or set budget.soft to be warned "
        "only.",
    )


def _refusal(provider: str, sentence: str) -> ProviderError:
    return ProviderError(sentence, provider=provider, fault=ProviderFault.OVER_BUDGET)
