"""Guesses about fields: what type a name suggests, and which fields a thing has when none were named."""

import re
from dataclasses import replace

from codecompanion.orchestra.templates.blueprint import Field, FieldType
from codecompanion.orchestra.templates.reading.tokens import Item, plain
from codecompanion.orchestra.templates.reading.vocabulary import words
from codecompanion.orchestra.templates.reading.wording import identifier, label, shown_as, singular

TYPE_WORDS: dict[str, FieldType] = {
    **dict.fromkeys(("text", "string", "str", "varchar", "word", "words"), "text"),
    **dict.fromkeys(("long text", "paragraph", "multiline", "textarea"), "long_text"),
    **dict.fromkeys(("number", "decimal", "float", "numeric", "money", "currency", "double", "real"), "number"),
    **dict.fromkeys(("integer", "int", "whole number", "bigint"), "integer"),
    **dict.fromkeys(("boolean", "bool", "yes/no", "true/false", "flag", "checkbox", "yes or no"), "boolean"),
    "date": "date",
    "time": "time",
    **dict.fromkeys(("datetime", "date and time", "timestamp", "date time"), "datetime"),
    **dict.fromkeys(("email", "e-mail", "email address"), "email"),
}


_EMAIL = words("email e-mail")
_DATE = words(
    "date day deadline due birthday birthdate dob expiry expires expiration anniversary started "
    "joined born watered fed serviced cleaned visited seen repotted fertilised fertilized since "
    "hired issued"
)
_BOOLEAN = words(
    "done active completed complete finished paid available enabled archived returned watched "
    "favourite favorite verified approved urgent read owned bought sold vaccinated cancelled "
    "canceled closed resolved visible public private occupied present absent claimed taken "
    "passed attended confirmed shipped delivered checked packed published subscribed"
)
_NUMBER = words(
    "price amount cost total weight height distance rate salary fee temperature balance latitude "
    "longitude width length depth value percent percentage budget tax discount revenue area "
    "volume speed km miles kg hours income profit spend spending humidity pressure mileage wage "
    "kilometers kilometres litres liters grade gpa subtotal deposit rent sum rating score kwh "
    "fare tip"
)
_INTEGER = words(
    "count age quantity qty year pages stock minutes duration calories seats guests people "
    "servings points rank floor reps sets number capacity stars likes views attempts copies "
    "rooms clicks visits bedrooms players attendance units seconds"
)
_LONG_TEXT = words(
    "notes note description comment comments body content ingredients steps instructions summary "
    "bio details message remarks method directions feedback"
)
_BY_LAST_WORD: dict[str, FieldType] = {
    **dict.fromkeys(_DATE, "date"),
    **dict.fromkeys(_BOOLEAN, "boolean"),
    **dict.fromkeys(_NUMBER, "number"),
    **dict.fromkeys(_INTEGER, "integer"),
    **dict.fromkeys(_LONG_TEXT, "long_text"),
    "timestamp": "datetime",
    "datetime": "datetime",
}
_CLOCK_TIMES = words("start end opening closing departure arrival meeting pickup delivery begin finish")
_RECURRING = words(
    "visit appointment payment contact service login checkup review meeting maintenance inspection seen read"
)


def guess_type(name: str) -> FieldType:
    """Return the type a field's lower-case name suggests; text when nothing does."""
    parts = re.split(r" (?:in|per) ", name, maxsplit=1)[0].split()
    first, last = parts[0], parts[-1]
    if _EMAIL.intersection(parts):
        return "integer" if last in ("count", "sent") else "email"
    if len(parts) > 1 and (several := _guess_from_several(parts, first, last)):
        return several
    if last == "time":
        return "time" if len(parts) == 1 or first in _CLOCK_TIMES else "text"
    return _BY_LAST_WORD.get(last, "text")


def _guess_from_several(parts: list[str], first: str, last: str) -> FieldType | None:
    """The type only a name of several words can show: "number of pages", "is active", "created at"."""
    if parts[1] == "of" and first in ("number", "no", "count", "amount"):
        return "number" if first == "amount" else "integer"
    if first in ("is", "has", "was", "are", "in"):
        return "boolean"
    if last == "at":
        return "datetime"
    if "date" in parts or last in ("on", "since"):
        return "datetime" if "time" in parts else "date"
    if first in ("last", "next", "first") and (last.endswith("ed") or last in _RECURRING):
        return "date"
    return "text" if last == "number" else None


_DEFAULTS: dict[str, str] = {
    "todo task chore reminder": "title, due date, done, notes",
    "reading_item": "title, author, read",
    "packing_item": "name, quantity, packed",
    "friend": "name, birthday, email, notes",
    "book novel": "title, author, year, notes",
    "plant": "name, species, last watered, notes",
    "member person user customer contact student employee client patient teacher guest player staff": (
        "name, email, phone, notes"
    ),
    "expense": "description, amount, category, date",
    "income payment transaction": "description, amount, date",
    "sale": "product, amount, quantity, date",
    "recipe": "title, ingredients, instructions, minutes",
    "meal": "name, date, calories",
    "note entry": "title, body",
    "post article": "title, body, author, date",
    "comment": "author, body",
    "review": "title, rating, body",
    "event meeting": "title, date, place, notes",
    "appointment booking reservation": "name, date, time, notes",
    "product stock inventory part": "name, price, quantity",
    "shopping_item grocery": "name, quantity, bought",
    "movie film show": "title, year, rating, watched",
    "song album record": "title, artist, year",
    "order": "customer, product, quantity, date",
    "invoice": "number, customer, amount, due date, paid",
    "loan": "member, book, due date, returned",
    "habit": "name, date, done",
    "workout exercise run": "activity, date, minutes",
    "issue bug ticket": "title, description, status (open/in progress/closed)",
    "card": "title, description, status (to do/in progress/done)",
    "bookmark link": "title, address, notes",
    "pet animal": "name, species, birthday",
    "car vehicle": "name, year, mileage",
    "project": "name, description, deadline, done",
    "course class lesson": "title, teacher, date",
    "reading measurement log event_log": "name, value, date",
    "weather": "city, temperature, date",
}
_DEFAULT_FIELDS = {name: fields for names, fields in _DEFAULTS.items() for name in names.split()}
KNOWN_THINGS = frozenset(_DEFAULT_FIELDS)


def default_fields(entity: str) -> str:
    """Return the fields, written as a request would, of a thing whose fields were not named."""
    return _DEFAULT_FIELDS.get(entity) or _DEFAULT_FIELDS.get(entity.rsplit("_", 1)[-1]) or "name, notes"


_TAKEN = frozenset({"id"})
_RANGE = re.compile(r"\d+ ?(?:-|to|\u2013) ?\d+|\d+-\d+")
_MUST = frozenset({"required", "mandatory", "must"})
_MAY = frozenset({"optional"})


def make_field(item: Item, number: int) -> Field:
    """Return the field one item of a list names, such as "due date" or "status (open/closed)".

    ``number`` names a field whose words have no ASCII letter.
    """
    hint, item = _hint(item)
    required = any(token.low in _MUST for token in (*hint, *item))
    item = tuple(token for token in item if token.low not in _MUST | _MAY) or item
    hint = tuple(token for token in hint if token.low not in _MUST | _MAY)
    item = _one_of_a_kind(item)
    said = plain(item)
    name = identifier(said) or f"field_{number}"
    name = f"{name}_value" if name in _TAKEN else name
    kind, choices = _hinted(hint, said)
    return Field(
        name=name,
        type=kind,
        label=label(" ".join(token.shown for token in item)) or f"Field {number}",
        required=required,
        choices=choices,
    )


def _one_of_a_kind(item: Item) -> Item:
    """The item in the singular where only that says its type: a record has one of its "due dates"."""
    last = replace(item[-1], low=singular(item[-1].low), shown=singular(item[-1].shown))
    one = (*item[:-1], last)
    return one if guess_type(plain(item)) == "text" != guess_type(plain(one)) else item


def _hint(item: Item) -> tuple[Item, Item]:
    """What the item says about its type ("(number)", "as a number"), and the item without it."""
    hints = [token.hint for token in item if token.hint]
    item = tuple(replace(token, hint=()) for token in item)
    lows = [token.low for token in item]
    if not hints and "as" in lows[1:-1]:
        place = lows.index("as", 1)
        return tuple(token for token in item[place + 1 :] if token.low not in ("a", "an")), item[:place]
    return (hints[-1] if hints else ()), item


def _hinted(hint: Item, name: str) -> tuple[FieldType, tuple[str, ...]]:
    said = plain(hint).replace(" / ", "/").strip(" ,")
    if said in TYPE_WORDS:
        return TYPE_WORDS[said], ()
    if _RANGE.fullmatch(said):
        return "integer", ()
    options = list(dict.fromkeys(option for option in map(shown_as, _options(hint)) if option))
    if len(options) > 1:
        return "choice", tuple(options)
    return guess_type(name), ()


def _options(hint: Item) -> list[str]:
    """The options of "low, medium or high"."""
    options: list[list[str]] = [[]]
    for token in hint:
        if token.low in (",", "/", "|", "or", "and", ";"):
            options.append([])
        else:
            options[-1].append(token.shown)
    return [" ".join(option) for option in options]
