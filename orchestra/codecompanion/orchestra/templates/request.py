"""A request in plain English, read into a blueprint or refused with a reason."""

import re
import unicodedata
from dataclasses import dataclass, replace

from codecompanion.orchestra.templates.blueprint import (
    API_SERVICE,
    DATA_PIPELINE,
    TEMPLATE_NAMES,
    WEB_APP,
    Blueprint,
    CannotBuild,
    Entity,
    Field,
    Grouping,
    Measure,
    UnknownTemplate,
)
from codecompanion.orchestra.templates.features import refuse_what_fits_no_template, take_out_features
from codecompanion.orchestra.templates.guesses import TYPE_WORDS, default_fields, make_field
from codecompanion.orchestra.templates.phrases import (
    CONTAINERS,
    Draft,
    Reading,
    noun,
    read_phrases,
    split_list,
)
from codecompanion.orchestra.templates.summaries import Wish, take_out_summary
from codecompanion.orchestra.templates.wording import identifier, singular

MAX_TEXT = 4000
MAX_ENTITIES = 6
MAX_FIELDS = 20

_NAMED = {
    DATA_PIPELINE: r"\b(?:data )?pipelines?\b|\betl\b|\bdata processing\b|\bbatch job\b",
    API_SERVICE: r"\bapis?\b|\brest(?:ful)?\b|\bback-?end\b|\b(?:micro|web )?services?\b|\bendpoints?\b|\bweb server\b",
    WEB_APP: (
        r"\bweb ?(?:app|application|site|page|tool)s?\b|\bsingle[- ]page\b|\bfront-?end\b|\bbrowser app\b|\bsite\b|\bpage\b"
    ),
}
_SOFTWARE = re.compile(
    r"\b(?:app|application|tracker|manager|organi[sz]er|planner|log|journal|diary|catalogue|catalog|directory|inventory|"
    r"system|tool|notebook|register|crud|database|collection|portal|list|board|crm|blog|keeper|dashboard)\b"
)
_ROWS = re.compile(r"\b(?:csv|jsonl|json lines|tsv)\b")
_PURPOSE = re.compile(r"\b(?:track|manag|organi[sz]|keep|catalog|record|stor)\w*\b")
_PAGE = re.compile(
    r",?\s*(?:\b(?:and|with|plus|including|has|that has|also)\s+)*(?:\b(?:an?|the|its|some)\s+)?"
    r"(?:\b(?:small|simple|little|basic|tiny|nice|single|minimal|plain|clean|html)\s+)*"
    r"\b(?:web ?page|page|web ui|ui|web interface|user interface|html page|html|front-?end|front end|web front-?end|website)\b"
    r"(?:\s+(?:to|for|that|where|which)\s+(?:\w+\s+)?(?:use|show|shows|view|see|list|lists|display|displays|manage|edit|"
    r"browse|add|it|them)(?:\s+(?:it|them|the\s+\w+|and\s+\w+))*)?"
)


@dataclass(frozen=True)
class _Things:
    entities: tuple[Entity, ...]
    assumptions: tuple[str, ...]
    left_out: tuple[str, ...]


def read_request(text: str, template: str | None = None) -> Blueprint:
    """The blueprint a request describes; raises `CannotBuild`, or `UnknownTemplate` for a bad name."""
    if template is not None and template not in TEMPLATE_NAMES:
        raise UnknownTemplate(template)
    words = _normal(text)
    _refuse_unreadable(words)
    refuse_what_fits_no_template(words, names_template=_names_template(words))
    chosen, assumptions = (template, []) if template else _choose(words)
    with_page = chosen == WEB_APP or (chosen == API_SERVICE and _wants_page(words))
    wish = Wish((), ())
    if chosen == DATA_PIPELINE:
        words, wish = take_out_summary(words)
    words, left_out = take_out_features(_without_software(words, chosen))
    things = _things(read_phrases(words), wish, chosen)
    first = things.entities[0]
    blueprint = Blueprint(
        template=chosen,
        title=_title(first, chosen),
        package=identifier(f"{first.name}_{_SUFFIX[chosen]}"),
        entities=things.entities,
        with_page=with_page,
        assumptions=(*assumptions, *things.assumptions),
        left_out=tuple(dict.fromkeys((*left_out, *things.left_out))),
    )
    return _with_summary(blueprint, wish) if chosen == DATA_PIPELINE else blueprint


_SUFFIX = {WEB_APP: "app", API_SERVICE: "api", DATA_PIPELINE: "pipeline"}
_TITLES = {WEB_APP: "{}", API_SERVICE: "{} API", DATA_PIPELINE: "{} pipeline"}


def _title(entity: Entity, template: str) -> str:
    return _TITLES[template].format(entity.title)


def _normal(text: str) -> str:
    words = unicodedata.normalize("NFKC", text).lower()
    words = re.sub(r"[\u2018\u2019]", "'", re.sub(r"[\u201c\u201d\"`*#]", " ", words))
    words = re.sub(r"[\u2013\u2014]| - ", ", ", words)
    words = re.sub(r"\s*\n\s*(?:[-\u2022]|\d+[.)])\s*", ", ", words)
    words = re.sub(r":\s*,", ":", re.sub(r"\s*\n\s*", ". ", words))
    words = re.sub(
        r"\bto-dos?\b|\btodos\b|\bto dos?(?= (?:lists?|items?|apps?|apis?|tracker|manager))", "todo", words
    )
    types = "|".join(re.escape(name) for name in TYPE_WORDS)
    words = re.sub(rf"([\w]+)\s*:\s*({types})(?=\s*(?:[,.;)]|and\b|$))", r"\1 (\2)", words)
    return re.sub(r"[^\S\n]+", " ", words).strip(" .")


def _refuse_unreadable(words: str) -> None:
    letters = [character for character in words if character.isalpha()]
    if not letters:
        raise CannotBuild("The request is empty.")
    if sum(character < "\u0250" for character in letters) * 2 < len(letters):
        raise CannotBuild("Without a model key I read English only, and this request is in another script.")
    if len(words) > MAX_TEXT:
        raise CannotBuild(f"The request is longer than {MAX_TEXT} characters; please say it shorter.")


def _names_template(words: str) -> bool:
    return any(re.search(pattern, words) for pattern in _NAMED.values())


def _choose(words: str) -> tuple[str, list[str]]:
    places = {name: found.start() for name, pattern in _NAMED.items() if (found := re.search(pattern, words))}
    if places:
        chosen = min(places, key=lambda name: places[name])
        if chosen == WEB_APP and re.search(r"\b(?:rest|api|back-?end|server|sqlite)\b", words):
            return API_SERVICE, ["It keeps its data on a server, so this is an API service with a web page."]
        return chosen, []
    if _ROWS.search(words):
        return DATA_PIPELINE, ["The request names no kind of software; a data pipeline fits its files best."]
    if _SOFTWARE.search(words) or _PURPOSE.search(words):
        return WEB_APP, ["The request names no kind of software; a web app fits it best."]
    raise CannotBuild("I found no web app, API service or data pipeline in this request.")


def _wants_page(words: str) -> bool:
    return bool(
        re.search(
            r"\b(?:web ?page|page|ui|frontend|front-end|front end|website|web app|html|interface)\b", words
        )
    )


def _without_software(words: str, template: str) -> str:
    if template == API_SERVICE:
        words = _PAGE.sub(" ", words)
    words = re.sub(r"\bwith (?:an? )?(?:rest(?:ful)? )?(?:api|back-?end|database|server)\b", "", words)
    return re.sub(r"\s+", " ", words)


def _things(reading: Reading, wish: Wish, template: str) -> _Things:
    drafts, notes = list(reading.drafts), []
    if not drafts and reading.container:
        named = noun(CONTAINERS[singular(reading.container)])
        drafts = [named] if named else []
        notes.append(
            f"The request names no records, so it keeps the {drafts[0].plural} of a {reading.container}."
        )
    if not drafts:
        plain = "row" if template == DATA_PIPELINE else "item"
        drafts = [Draft(plain, f"{plain}s", f"{plain.capitalize()}s")]
        notes.append(f"The request does not say what the records are, so they are called {plain}s.")
    drafts[0].items[:0] = reading.loose_items
    left_out = list(reading.left_out)
    limit = 1 if template == DATA_PIPELINE else MAX_ENTITIES
    left_out += [f"{draft.title.lower()} (only {limit} kinds of record fit)" for draft in drafts[limit:]]
    entities = []
    for draft in drafts[:limit]:
        entity, said, dropped = _entity(draft, wish)
        entities.append(entity)
        notes += said
        left_out += dropped
    return _Things(tuple(entities), tuple(notes), tuple(left_out))


def _entity(draft: Draft, wish: Wish) -> tuple[Entity, list[str], list[str]]:
    items, notes = list(draft.items), []
    if not items:
        items = _items_of(wish, draft) or split_list(default_fields(draft.name))
        notes.append(f"The request names no fields for {draft.title.lower()}, so they have {_listed(items)}.")
    fields: dict[str, Field] = {}
    for item in items:
        found = make_field(item)
        if found and found.name not in fields and item.strip() not in ("id", "ids"):
            fields[found.name] = found
    fields = fields or {found.name: found for item in ("name", "notes") if (found := make_field(item))}
    kept = list(fields.values())
    dropped = [f"the field {field.label.lower()!r} ({MAX_FIELDS} fit)" for field in kept[MAX_FIELDS:]]
    kept[0] = replace(kept[0], required=True)
    return Entity(draft.name, draft.plural, draft.title, tuple(kept[:MAX_FIELDS])), notes, dropped


def _items_of(wish: Wish, draft: Draft) -> list[str]:
    """The fields a summary needs ("averages temperature by city") when no others were named."""
    groups = ["date" if group in _PARTS else group for group in wish.groups]
    measured = [
        name if kind == "count" else f"{name} (number)"
        for kind, name in wish.measures
        if singular(name) != draft.name
    ]
    measured = [name for name in measured if name.strip() and not name.startswith((" ", "("))]
    return (
        list(dict.fromkeys([*groups, *measured])) if groups and any("(" in name for name in measured) else []
    )


def _listed(items: list[str]) -> str:
    plain = [re.sub(r"\s*\([^()]*\)", "", item) for item in items]
    return plain[0] if len(plain) == 1 else f"{', '.join(plain[:-1])} and {plain[-1]}"


_PARTS = {"day": "day", "month": "month", "year": "year"}


def _with_summary(blueprint: Blueprint, wish: Wish) -> Blueprint:
    """The blueprint with its groupings and measures; fields a wish names and the rows lack are added."""
    entity, notes = blueprint.entities[0], list(blueprint.assumptions)
    fields = {field.name: field for field in entity.fields}
    groupings = [_grouping(name, fields, notes) for name in wish.groups]
    measures = [_measure(kind, name, entity, fields, notes) for kind, name in wish.measures]
    if not groupings:
        groupings = [_default_grouping(fields)]
        notes.append(f"The request does not say what to group by, so it groups by {groupings[0].field}.")
    if not measures:
        measures = [Measure("count"), *_sums(fields)]
        notes.append(
            "The request does not say what to work out, so it counts rows and sums the first number."
        )
    notes.append("A file of rows is read as CSV, or as JSON lines when its name ends in .jsonl.")
    return replace(
        blueprint,
        entities=(replace(entity, fields=tuple(fields.values())),),
        groupings=tuple(dict.fromkeys(groupings)),
        measures=tuple(dict.fromkeys(measures)),
        assumptions=tuple(notes),
    )


def _find(name: str, fields: dict[str, Field]) -> Field | None:
    wanted = identifier(name)
    one = "_".join([*wanted.split("_")[:-1], singular(wanted.split("_")[-1])])
    for candidate in (wanted, one):
        if candidate in fields:
            return fields[candidate]
    near = [field for key, field in fields.items() if one in key.split("_") or key in one.split("_")]
    return near[0] if near else None


def _grouping(name: str, fields: dict[str, Field], notes: list[str]) -> Grouping:
    part = _PARTS.get(singular(name), "")
    dated = next((field for field in fields.values() if field.type in ("date", "datetime")), None)
    if part and identifier(name) not in fields:
        return Grouping((dated or _add(name="date", fields=fields, notes=notes)).name, part)
    return Grouping((_find(name, fields) or _add(name=singular(name), fields=fields, notes=notes)).name)


def _measure(kind: str, name: str, entity: Entity, fields: dict[str, Field], notes: list[str]) -> Measure:
    if kind == "count":
        return Measure("count")
    found = _find(name, fields) if name else None
    numbers = [field for field in fields.values() if field.type in ("number", "integer")]
    if found is None and numbers and (not name or singular(name) in (entity.name, *entity.name.split("_"))):
        found = numbers[0]
    found = found or _add(name=f"{name or 'amount'} (number)", fields=fields, notes=notes)
    if found.type not in ("number", "integer"):
        found = replace(found, type="number", choices=())
        fields[found.name] = found
    return Measure(kind, found.name)


def _add(*, name: str, fields: dict[str, Field], notes: list[str]) -> Field:
    added = make_field(name) or Field("value", "number", "Value")
    fields[added.name] = added
    notes.append(f"The summary needs {added.label.lower()}, so the rows have it as a field.")
    return added


def _default_grouping(fields: dict[str, Field]) -> Grouping:
    plain = [field for field in fields.values() if field.type in ("text", "choice", "boolean", "email")]
    return Grouping((plain or list(fields.values()))[0].name)


def _sums(fields: dict[str, Field]) -> list[Measure]:
    numbers = [field for field in fields.values() if field.type in ("number", "integer")]
    return [Measure("sum", numbers[0].name)] if numbers else []
