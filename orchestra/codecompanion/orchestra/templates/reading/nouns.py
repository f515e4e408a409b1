"""Noun phrases of a request: whether they name a kind of record, and what it is called."""

from dataclasses import dataclass, field

from codecompanion.orchestra.templates.reading.tokens import Item, Token, lows
from codecompanion.orchestra.templates.reading.vocabulary import (
    ARTICLES,
    DRESSING,
    FORMATS,
    GENERIC_RECORDS,
    HOLDERS,
    PRONOUNS,
    SOFTWARE,
    words,
)
from codecompanion.orchestra.templates.reading.wording import (
    identifier,
    is_plural,
    is_uncountable,
    plural,
    shown_as,
    singular,
)

MAX_NAME_WORDS = 3
_FIELD_WORDS = words("field fields column columns properties property attribute attributes")
_FILLER = DRESSING | _FIELD_WORDS | words("following are like such as keep called named whether either")


@dataclass
class Draft:
    """A thing under reading; ``sure`` is False for one that may only say where the software is used."""

    name: str
    plural: str
    one: str
    many: str
    items: list[Item] = field(default_factory=list)
    sure: bool = True


def noun(item: Item, *, object_of: bool = False) -> Draft | None:
    """Return the thing a noun phrase names, or None when it only names software ("a small web app").

    ``object_of`` is for a phrase after "for" or a verb, where "job applications" are records, not software.
    """
    phrase = without_dressing(_after_of(item))
    kept = _records(phrase) if object_of else core(phrase)
    if kept and kept[-1].low.endswith("ing") and "list" in lows(phrase):
        kept = (*kept, Token("item", "item"))
    if len(kept) > 1 and kept[0].low in HOLDERS:
        kept = kept[1:]
    if not kept or kept[-1].low in PRONOUNS:
        return None
    return _draft(kept[-MAX_NAME_WORDS:])


def _after_of(item: Item) -> Item:
    """The "vehicles" of "fleet of vehicles"."""
    place = max((place for place, token in enumerate(item) if token.low == "of"), default=-1)
    return item[place + 1 :] or item


def _draft(phrase: Item) -> Draft:
    last = phrase[-1]
    one = singular(last.low)
    many = is_plural(last.low)
    before = [token.low for token in phrase[:-1]]
    shown = [token.shown for token in phrase[:-1]]
    return Draft(
        name=identifier(" ".join([*before, one])) or "record",
        plural=identifier(" ".join([*before, plural(one)])) or "records",
        one=shown_as(" ".join([*shown, one if many else last.shown])) or "record",
        many=shown_as(" ".join([*shown, last.shown if many else plural(one)])) or "records",
    )


def _records(phrase: Item) -> Item:
    """The phrase whole when its plural must mean records, else its core."""
    if not is_many(phrase) or phrase[0].low in FORMATS | HOLDERS.keys():
        return core(phrase)
    if phrase[-1].low not in GENERIC_RECORDS:
        return phrase
    return core(phrase) or (phrase if len(phrase) > 1 else ())


def core(phrase: Item) -> Item:
    """Return the phrase without words for software at its ends; empty when it has no others."""
    while phrase and phrase[-1].low in SOFTWARE:
        phrase = phrase[:-1]
    while phrase and phrase[0].low in SOFTWARE:
        phrase = phrase[1:]
    return phrase


def without_dressing(item: Item) -> Item:
    """Return the item without "a small", "my own" … before it; its last word stays."""
    while len(item) > 1 and item[0].low in DRESSING:
        item = item[1:]
    return item


def field_words(item: Item) -> Item:
    """Return the item without filler around the field's name; empty when it is all filler."""
    while len(item) > 1 and item[0].low in _FILLER:
        item = item[1:]
    while len(item) > 1 and item[-1].low in _FIELD_WORDS and not item[-1].hint:
        item = item[:-1]
    return () if len(item) == 1 and item[0].low in _FILLER else item


def is_many(item: Item) -> bool:
    """Whether the item's last word is a plural."""
    return is_plural(item[-1].low)


def names_a_thing(item: Item) -> bool:
    """Whether the item reads as a kind of record: "books", "a loan", "homework"."""
    kept = core(item) or item
    return item[0].low in ARTICLES or is_many(kept) or is_uncountable(kept[-1].low)


def list_in_parentheses(item: Item) -> list[Item]:
    """Return the items of "(title, author and year)" behind the last word."""
    parts: list[list[Token]] = [[]]
    for token in item[-1].hint:
        if token.low in (",", "and", "or", "/", "|", ";", "plus"):
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts if part]
