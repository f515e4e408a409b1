"""The settings of what may be spent: `budget.*` and `providerBudgets.*`, in US dollars."""

from typing import Annotated

from pydantic import Field

from codecompanion.server.settings.given import Given, Group

_DOLLARS = Given("US dollars, 0 or more", machine=True)
_Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class Budget(Group):
    """What may be spent at most; None where there is no bound. An opened folder cannot raise it."""

    call: Annotated[_Dollars | None, _DOLLARS, Field(description="The most one model call may cost.")] = None
    run: Annotated[_Dollars | None, _DOLLARS, Field(description="The most one run may cost.")] = None
    day: Annotated[
        _Dollars | None, _DOLLARS, Field(description="The most all your runs of a day may cost.")
    ] = None
    month: Annotated[
        _Dollars | None, _DOLLARS, Field(description="The most all your runs of a month may cost.")
    ] = None
    workspace: Annotated[
        _Dollars | None, _DOLLARS, Field(description="The most the runs in one folder may cost in a month.")
    ] = None
    tell_above: Annotated[
        _Dollars | None,
        _DOLLARS,
        Field(description="Say before a run what it can cost at most, and ask, where that is more than this."),
    ] = None
    soft: Annotated[
        bool,
        Field(description="Only warn at 50, 80 and 100 % of a budget, and refuse no call."),
        Given("true or false", machine=True),
    ] = False


class ProviderBudgets(Group):
    """What each provider may be paid in a month; None where there is no bound."""

    anthropic: Annotated[
        _Dollars | None, _DOLLARS, Field(description="The most Anthropic may be paid in a month.")
    ] = None
    openai: Annotated[
        _Dollars | None, _DOLLARS, Field(description="The most OpenAI may be paid in a month.")
    ] = None
    gemini: Annotated[
        _Dollars | None, _DOLLARS, Field(description="The most Gemini may be paid in a month.")
    ] = None
    local: Annotated[
        _Dollars | None, _DOLLARS, Field(description="The same for your own server, where it has a price.")
    ] = None
