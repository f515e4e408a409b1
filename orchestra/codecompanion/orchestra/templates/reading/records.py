"""What was read as records with typed fields: names made unique, gaps filled and said."""

from dataclasses import dataclass, replace

from codecompanion.orchestra.templates.blueprint import Entity, Field, cannot_build
from codecompanion.orchestra.templates.reading.clauses import read_items
from codecompanion.orchestra.templates.reading.guesses import KNOWN_THINGS, default_fields, make_field
from codecompanion.orchestra.templates.reading.nouns import Draft, noun, without_dressing
from codecompanion.orchestra.templates.reading.phrases import Reading
from codecompanion.orchestra.templates.reading.tokens import Item, lows, plain
from codecompanion.orchestra.templates.reading.vocabulary import HOLDERS, words
from codecompanion.orchestra.templates.reading.wording import identifier, is_plural, listed, singular

MAX_ENTITIES = 6
MAX_FIELDS = 20
MAX_FOR_LEAD = 2
_LEADS = words("title name subject label description email question text")
"""Words of fields that say which record it is."""


@dataclass(frozen=True)
class Records:
    """The kinds of record, what was assumed about them, and what could not be kept."""

    entities: tuple[Entity, ...]
    assumptions: tuple[str, ...]
    left_out: tuple[str, ...]


def make_records(reading: Reading, *, only_one: bool, fallback_fields: list[Item]) -> Records:
    """Return the records of a reading; raises ``CannotBuild`` when it names something, but no records.

    ``only_one`` is for a pipeline, which reads rows of one kind; ``fallback_fields`` are the fields its summary
    needs, used when the request lists none.
    """
    drafts, notes = _drafts(reading, only_one=only_one)
    drafts[0].items[:0] = reading.loose
    limit, kinds = (1, "kind of row") if only_one else (MAX_ENTITIES, "kinds of record")
    left_out = [*reading.left_out]
    left_out += [f"{draft.many} (only {limit} {kinds} fit)" for draft in drafts[limit:]]
    entities: list[Entity] = []
    for draft in drafts[:limit]:
        entity, assumed, dropped = _entity(draft, fallback_fields)
        entities.append(_renamed(_with_required(entity, reading.must_have), entities))
        notes += assumed
        left_out += dropped
    if not any(field.required for entity in entities for field in entity.fields[1:]):
        notes.append(f"Only the first field of each {'row' if only_one else 'record'} must be given.")
    return Records(tuple(entities), tuple(notes), (*left_out, *_unlinked(entities)))


def _drafts(reading: Reading, *, only_one: bool) -> tuple[list[Draft], list[str]]:
    """The things named; else what the named place holds; else what verbs act on; else plain items."""
    if reading.drafts:
        return reading.drafts, []
    if reading.holder:
        held = _plain_draft(HOLDERS[singular(reading.holder)])
        return [held], [f"The request names no records, so it keeps the {held.many} of a {reading.holder}."]
    acted_on = [draft for item in reading.objects if is_plural(item[-1].low) and (draft := noun(item))]
    if acted_on:
        return acted_on[:1], [f"The request does not say what to keep, so it keeps {acted_on[0].many}."]
    if reading.objects:
        said = plain(reading.objects[0])[:60]
        raise cannot_build(f"I could not tell from {said!r} which records this should keep.")
    draft = _plain_draft("rows" if only_one else "items")
    return [draft], [f"The request does not say what the records are, so they are called {draft.many}."]


def _plain_draft(many: str) -> Draft:
    return Draft(singular(many), many, singular(many), many)


def _entity(draft: Draft, fallback_fields: list[Item]) -> tuple[Entity, list[str], list[str]]:
    """The entity of a draft, with what was assumed and what was dropped."""
    assumed = []
    items = [item for item in draft.items if plain(item) not in ("id", "ids")]
    if not items:
        items = fallback_fields or read_items(default_fields(draft.name))
        said = listed([plain(item) for item in items])
        assumed.append(f"The request names no fields for {draft.many}, so they have {said}.")
    elif lead := _missing_lead(draft):
        items = [lead, *items]
        assumed.append(f"It also keeps the {plain(lead)} of {draft.many}.")
    fields = [make_field(item, number) for number, item in enumerate(items, start=1)]
    unique: dict[str, Field] = {}
    for field in fields:
        unique.setdefault(field.name, field)
    named = list(unique.values())
    dropped = [f"the field {field.label.lower()!r} ({MAX_FIELDS} fit)" for field in named[MAX_FIELDS:]]
    kept = named[:MAX_FIELDS]
    kept[0] = replace(kept[0], required=True)
    return Entity(draft.name, draft.plural, draft.one, draft.many, tuple(kept)), assumed, dropped


def _missing_lead(draft: Draft) -> Item | None:
    """The "title" that to-dos have even when a request names only "due dates and priorities"."""
    lead = read_items(default_fields(draft.name))[0]
    named = {word for item in draft.items for word in lows(item)}
    is_known = plain(lead) in ("title", "name") and draft.name in KNOWN_THINGS
    return lead if is_known and len(draft.items) <= MAX_FOR_LEAD and not named & _LEADS else None


def _with_required(entity: Entity, must_have: list[Item]) -> Entity:
    """The entity with the fields required that rows must not be "without"."""
    names = {identifier(plain(without_dressing(item))) for item in must_have}
    fields = (replace(field, required=field.required or field.name in names) for field in entity.fields)
    return replace(entity, fields=tuple(fields))


def _renamed(entity: Entity, others: list[Entity]) -> Entity:
    """The entity under names no other has; names can be the same when their words have no ASCII letters."""
    taken = {name for other in others for name in (other.name, other.plural)}
    name, plural, number = entity.name, entity.plural, 2
    while name in taken or plural in taken:
        name, plural, number = f"{entity.name}_{number}", f"{entity.plural}_{number}", number + 1
    return replace(entity, name=name, plural=plural)


def _unlinked(entities: list[Entity]) -> list[str]:
    """Say which fields name another record: the templates keep them as text."""
    names = {entity.name for entity in entities}
    return [
        f"a link from {entity.many} to {field.name.replace('_', ' ')} records (it is kept as text)"
        for entity in entities
        for field in entity.fields
        if field.name in names - {entity.name} and field.type == "text"
    ]
