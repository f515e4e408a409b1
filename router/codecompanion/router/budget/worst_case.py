"""What a call can cost at most, before it is made."""

import json
from bisect import bisect_right
from typing import Final, NamedTuple

from codecompanion.contracts.model_calls import Counted, ModelRequest
from codecompanion.router.budget.money import micros_up
from codecompanion.router.config import ModelRef
from codecompanion.router.prices import PriceList

SMALLEST_OUTPUT: Final = 1024
"""Tokens below which an answer is not worth asking for."""
_AROUND: Final = 1000
"""Tokens that a provider adds of its own, such as a preamble for tools."""
_AROUND_EACH: Final = 16
"""The same for each message and tool."""
_LEAST_SHARE: Final = 20
"""A count below this part of the bound is not believed: no text has so few tokens for its bytes."""


class WorstCase(NamedTuple):
    """What a call to a model costs at most, by its input and the output that is allowed."""

    prices: PriceList
    ref: ModelRef
    input_tokens: int

    def cost(self, output_tokens: int) -> int | None:
        """Return micro-dollars, None where the model's price is not known.

        Of input that may be put into the provider's cache, or not, what is dearer counts.
        """
        given = self.input_tokens
        found = [
            self.prices.cost(*self.ref, input_tokens=given, output_tokens=output_tokens, written=written)
            for written in (0, given)
        ]
        known = [micros_up(cost) for cost in found if cost is not None]
        return max(known, default=None)

    def counted(self, told: Counted, output_tokens: int) -> int | None:
        """Return the same once the provider has counted the input; None where that cannot be believed.

        Servers that only imitate a provider may tell a number that stands for none.
        """
        if told.input_tokens * _LEAST_SHARE < self.input_tokens:
            return None
        cost = self.prices.cost(
            *self.ref,
            input_tokens=told.input_tokens,
            output_tokens=output_tokens,
            cached=told.cached_tokens,
            written=told.written_tokens,
        )
        return None if cost is None else micros_up(cost)

    def most_output(self, granted: int, wanted: int) -> int:
        """Return how many tokens of output, of those wanted, surely cost no more than was granted."""
        return bisect_right(range(wanted + 1), granted, key=lambda tokens: self.cost(tokens) or 0) - 1


def most_input(request: ModelRequest) -> int:
    """Return a number of tokens that a request surely does not exceed.

    A token is at least one byte of the text in UTF-8 for every tokenizer in use, so the bytes are the bound.
    """
    pieces = [message.model_dump_json() for message in request.messages]
    pieces += [tool.model_dump_json() for tool in request.tools]
    schema = json.dumps(request.answer_schema) if request.answer_schema is not None else ""
    text = "".join((request.system, schema, *pieces))
    return len(text.encode("utf-8", "surrogatepass")) + _AROUND + _AROUND_EACH * len(pieces)
