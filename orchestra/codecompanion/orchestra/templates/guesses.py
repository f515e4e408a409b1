"""Guesses about fields: what type a name suggests, and which fields a thing has when none were named."""

import re

from codecompanion.orchestra.templates.blueprint import Field
from codecompanion.orchestra.templates.wording import identifier, label

TYPE_WORDS: dict[str, str] = {
    **dict.fromkeys(("text", "string", "str", "varchar", "word", "words"), "text"),
    **dict.fromkeys(("long text", "paragraph", "multiline", "textarea"), "long_text"),
    **dict.fromkeys(
        ("number", "decimal", "float", "numeric", "money", "currency", "double", "real"), "number"
    ),
    **dict.fromkeys(("integer", "int", "whole number", "bigint"), "integer"),
    **dict.fromkeys(("boolean", "bool", "yes/no", "true/false", "flag", "checkbox", "yes or no"), "boolean"),
    "date": "date",
    "time": "time",
    **dict.fromkeys(("datetime", "date and time", "timestamp", "date time"), "datetime"),
    **dict.fromkeys(("email", "e-mail", "email address"), "email"),
}


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DATE = _words(
    "date day deadline due birthday birthdate dob expiry expires expiration anniversary started joined born "
    "watered fed serviced cleaned visited seen repotted fertilised fertilized since hired issued"
)
_BOOLEAN = _words(
    "done active completed complete finished paid available enabled archived returned watched favourite "
    "favorite verified approved urgent read owned bought sold vaccinated cancelled canceled closed resolved "
    "visible public private attended confirmed shipped delivered checked packed published"
)
_NUMBER = _words(
    "price amount cost total weight height distance rate salary fee temperature balance latitude longitude "
    "width length depth value percent percentage budget tax discount revenue area volume speed km miles kg "
    "hours income profit spend spending humidity pressure mileage wage kilometers kilometres litres liters "
    "grade gpa subtotal deposit rent sum"
)
_INTEGER = _words(
    "count age quantity qty year pages stock rating score minutes duration calories level seats guests people "
    "servings points rank floor reps sets number capacity stars likes views attempts copies rooms clicks "
    "visits bedrooms players attendance units seconds"
)
_LONG = _words(
    "notes note description comment comments body content ingredients steps instructions summary bio details "
    "message remarks method directions feedback"
)
_COUNTING = re.compile(r"^(?:number|no|count|amount) of ")
_YES_NO = re.compile(r"^(?:is|has|was|are|in) ")
_LAST_DONE = re.compile(r"^(?:last|next|first|date|day) \w+|\w+ed (?:at|on)$|\b(?:on|since)$")


def guess_type(phrase: str) -> str:
    """The type a field's name suggests; text when nothing does."""
    words = re.sub(r"[_-]+", " ", phrase.lower())
    tail = words.split()[-1]
    if "email" in words.replace("e mail", "email") and tail not in ("count", "sent"):
        return "email"
    if _COUNTING.match(words):
        return "number" if words.startswith("amount") else "integer"
    if _YES_NO.match(words + " ") and len(words.split()) > 1:
        return "boolean"
    if re.search(r"\b(?:timestamp|datetime|date and time)\b|\w+ed at$", words):
        return "datetime"
    return _by_word(words, tail)


def _by_word(words: str, tail: str) -> str:
    if re.search(r"\bdate\b", words) or tail in _DATE:
        return "date"
    if _LAST_DONE.search(words) and not re.search(r"\b(?:name|page|place|title)\b", words):
        return "date"
    if tail == "number" and words != "number":
        return "text"
    for kind, known in (
        ("boolean", _BOOLEAN),
        ("number", _NUMBER),
        ("integer", _INTEGER),
        ("long_text", _LONG),
    ):
        if tail in known:
            return kind
    return "time" if tail == "time" else "text"


_DEFAULTS: dict[str, str] = {
    "todo task chore reminder": "title, due date, done, notes",
    "book novel": "title, author, year, notes",
    "plant": "name, species, last watered, notes",
    "member person user customer contact student employee client patient teacher guest player staff friend": (
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
    "shopping grocery": "name, quantity, bought",
    "movie film show": "title, year, rating, watched",
    "song album record": "title, artist, year",
    "order": "customer, product, quantity, date",
    "invoice": "number, customer, amount, due date, paid",
    "loan": "member, book, due date, returned",
    "habit": "name, date, done",
    "workout exercise run": "activity, date, minutes",
    "issue bug ticket": "title, description, status (open/in progress/closed)",
    "bookmark link": "title, address, notes",
    "pet animal": "name, species, birthday",
    "car vehicle": "name, year, mileage",
    "project": "name, description, deadline, done",
    "course class lesson": "title, teacher, date",
    "reading measurement log event_log": "name, value, date",
    "weather": "city, temperature, date",
}
_DEFAULT_FIELDS = {name: fields for names, fields in _DEFAULTS.items() for name in names.split()}


def default_fields(entity: str) -> str:
    """The fields, written as a request would, of a thing whose fields were not named."""
    return _DEFAULT_FIELDS.get(entity) or _DEFAULT_FIELDS.get(entity.rsplit("_", 1)[-1]) or "name, notes"


_RESERVED = frozenset({"id", "limit", "offset", "q"})
_HINT = re.compile(r"\(([^()]*)\)")
_AS_TYPE = re.compile(r"\s+(?:as|is)\s+an?\s+(.+)$")
_MUST = re.compile(r"\b(?:required|mandatory|must be given)\b")
_MAY = re.compile(r"\boptional\b")


def make_field(item: str) -> Field | None:
    """The field one item of a list names, such as "due date" or "status (open/closed)"; None if none."""
    hint = " ".join(_HINT.findall(item)).strip().lower()
    words = _HINT.sub(" ", item)
    if as_type := _AS_TYPE.search(words):
        hint, words = as_type.group(1).lower(), words[: as_type.start()]
    required = bool(_MUST.search(f"{hint} {words}"))
    hint, words = (_MAY.sub("", _MUST.sub("", part)).strip(" ,") for part in (hint, words))
    name, shown = identifier(words), label(words)
    if not name or not shown:
        return None
    kind, choices = _hinted(hint, words)
    name = f"{name}_value" if name in _RESERVED else name
    return Field(name, kind, shown, required, choices)


def _hinted(hint: str, words: str) -> tuple[str, tuple[str, ...]]:
    if hint in TYPE_WORDS:
        return TYPE_WORDS[hint], ()
    options = [label(part).lower() for part in re.split(r"[,/|]|\bor\b|\band\b", hint)]
    options = list(dict.fromkeys(option for option in options if option))
    if len(options) > 1:
        return "choice", tuple(options)
    return guess_type(words), ()
