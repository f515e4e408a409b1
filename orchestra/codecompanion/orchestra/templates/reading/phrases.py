"""A request's clauses as records: which things it names, and which fields each of them has."""

from dataclasses import dataclass, field

from codecompanion.orchestra.templates.reading.clauses import Clause, is_built_in_deed, is_keeping, read_clauses
from codecompanion.orchestra.templates.reading.features import feature_of, feature_of_deed, is_built_in
from codecompanion.orchestra.templates.reading.nouns import (
    Draft,
    core,
    field_words,
    is_many,
    list_in_parentheses,
    names_a_thing,
    noun,
    without_dressing,
)
from codecompanion.orchestra.templates.reading.refusals import refused_kind
from codecompanion.orchestra.templates.reading.tokens import Item, Sentence, lows, plain
from codecompanion.orchestra.templates.reading.vocabulary import (
    ARTICLES,
    ASKING,
    HOLDERS,
    LETTING,
    SPEAKERS,
    words,
)
from codecompanion.orchestra.templates.reading.wording import identifier

MAX_FIELD_WORDS = 6


@dataclass
class Reading:
    """What was read: things, a place named instead of its contents, fields of no thing, and the rest."""

    drafts: list[Draft] = field(default_factory=list)
    holder: str = ""
    loose: list[Item] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    objects: list[Item] = field(default_factory=list)
    """Objects of verbs that name no record: a last resort when nothing else does."""
    must_have: list[Item] = field(default_factory=list)
    """What rows "without" are to be dropped for."""

    @property
    def names_nothing(self) -> bool:
        """Whether the request says nothing at all about what is kept."""
        return not (self.drafts or self.holder or self.loose or self.objects)


_MAYBE_ASKING = words("code design help set up like")
_LIST_LEADS = words("each every both all")


def read_phrases(sentences: list[Sentence]) -> Reading:
    """Return every thing and field list of a request, in the order they are named.

    The first sentence must be the one that says what is asked for, without "please build me".
    """
    reader = _Reader()
    for number, sentence in enumerate(sentences):
        reader.read(sentence, first=number == 0)
    return reader.reading


def without_asking(sentences: list[Sentence]) -> list[Sentence]:
    """Return the sentences without the "hello, please build me" before what is asked for."""
    for number, sentence in enumerate(sentences):
        if rest := _without_asking(sentence):
            return [rest, *sentences[number + 1 :]]
    return []


def _without_asking(sentence: Sentence) -> Sentence:
    """The sentence from its first word that does not ask; "design" and "code" may start a noun phrase."""
    for place, token in enumerate(sentence):
        after = sentence[place + 1].low if place + 1 < len(sentence) else ""
        maybe = token.low in _MAYBE_ASKING and after not in ARTICLES | ASKING
        if token.low != "," and (token.low not in ASKING or maybe):
            return sentence[place:]
    return []


class _Reader:
    """Reads clause after clause; ``_current`` are the things the next field list belongs to."""

    def __init__(self) -> None:
        self.reading = Reading()
        self._current: list[Draft] = []

    def read(self, sentence: Sentence, *, first: bool) -> None:
        clauses = read_clauses(sentence)
        for clause, after in zip(clauses, [*clauses[1:], None], strict=True):
            self._read_clause(clause, after, first=first)

    def _read_clause(self, clause: Clause, after: Clause | None, *, first: bool) -> None:
        has_fields = after is not None and after.kind == "fields"
        adjoining = has_fields and after is not None and after.adjoins
        match clause.kind:
            case "subject":
                self._read_subject(clause.items, has_fields=has_fields, first=first)
            case "about":
                self._read_about(clause, after, has_fields=has_fields, first=first)
            case "deed":
                self._read_deed(clause, has_fields=has_fields)
            case "fields":
                self._read_fields(clause, has_fields=adjoining)
            case "aside":
                self._leave_out_features(clause.items)
                self.reading.must_have += clause.items if clause.opener in ("without", "missing") else []

    def _read_subject(self, items: list[Item], *, has_fields: bool, first: bool) -> None:
        if not any(field_words(item) for item in items):
            return
        if known := self._known_among(items):
            self._current = known
        elif first or (has_fields and items and names_a_thing(items[-1])):
            self._make_current(items, object_of=not first)
        else:
            self._leave_out_features(items)
        if any(lows(item)[0] in _LIST_LEADS and len(item) == 1 for item in items):
            self._current = self.reading.drafts[:]

    def _read_about(self, clause: Clause, after: Clause | None, *, has_fields: bool, first: bool) -> None:
        items = clause.items
        if not items or (clause.opener != "of" and not first and not has_fields):
            return
        for_whom = after is not None and after.opener in ("to", "who")
        if for_whom and not self._known_among(items[-1:]):
            self._note_holders(items)
        elif items[0][0].low in ("each", "every"):
            self._make_current(items)
            self._give_loose_fields()
        else:
            self._make_current(items, sure=is_many(items[-1]))

    def _give_loose_fields(self) -> None:
        if self._current:
            self._current[-1].items += self.reading.loose
            self.reading.loose = []

    def _read_deed(self, clause: Clause, *, has_fields: bool) -> None:
        items = [item for item in self._without_features(clause) if noun(item, object_of=True)]
        things = [item for item in items if names_a_thing(item)]
        if not items:
            return
        if known := self._known_among(items):
            self._current = known
        elif has_fields and names_a_thing(items[-1]) and noun(items[-1]):
            self._make_current(items if len(things) == len(items) else items[-1:])
        elif is_keeping(clause.opener):
            self._read_kept(items, things)
        elif all(len(list_in_parentheses(item)) > 1 for item in items):
            self._make_current(items)
        else:
            self._note_objects(clause.opener, items)

    def _read_kept(self, items: list[Item], things: list[Item]) -> None:
        """Read what the software keeps: records, or fields of the record that is known already."""
        drafts = self.reading.drafts
        unsure = not any(draft.sure for draft in drafts)
        if len(things) == len(items) and unsure:
            drafts.clear()
            self._make_current(items)
        elif not drafts and not self.reading.holder and not self.reading.loose:
            self._make_current(items)
        else:
            self._add_fields(items)

    def _note_objects(self, verb: str, items: list[Item]) -> None:
        """Note what a verb acts on that says nothing about the records."""
        is_for_them = verb in LETTING
        objects = [item for item in items if not (is_for_them and item[-1].low in SPEAKERS)]
        self.reading.objects += objects
        if objects and not is_built_in_deed(verb):
            said = " ".join([verb, *(plain(item) for item in objects)])
            self.reading.left_out.append(f"not understood: {said[:80]!r}")

    def _read_fields(self, clause: Clause, *, has_fields: bool) -> None:
        """Read a list after "with": fields of the current things, or things with lists of their own.

        With ``has_fields`` a second list follows, and the last item is the thing it belongs to.
        """
        items, carried = clause.items, list[Item]()
        if items and self._carries_a_thing(clause, has_fields=has_fields):
            items, carried = items[:-1], items[-1:]
        wanted = [item for item in [*items, *carried] if not self._is_wish(item)]
        if not self._current and wanted and all(is_many(item) for item in wanted):
            named = [item for item in items if item in wanted]
        else:
            named = [item for item in items if is_many(item) and len(list_in_parentheses(item)) > 1]
        self._add_fields([item for item in items if item not in named])
        if named or carried:
            self._drop_the_unsure()
            self._make_current([*named, *carried])

    def _carries_a_thing(self, clause: Clause, *, has_fields: bool) -> bool:
        """Whether the last item of a list is a thing: a list of its own follows, or it is all there is."""
        last = clause.items[-1]
        is_all = clause.opener == ":" and len(clause.items) == 1 and not self._current
        return (is_all or (has_fields and names_a_thing(last))) and not self._is_wish(last)

    def _drop_the_unsure(self) -> None:
        """Forget "music" of "a music collection: albums with …": it has no list of its own."""
        drafts = self.reading.drafts
        drafts[:] = [draft for draft in drafts if draft.sure or draft.items]

    def _is_wish(self, item: Item) -> bool:
        return feature_of(lows(item)) is not None or is_built_in(lows(without_dressing(item)))

    def _known_among(self, items: list[Item]) -> list[Draft]:
        """The things the items name again, by their names or by the last words of them."""
        known = []
        for item in items:
            found = noun(item)
            same = [draft for draft in self.reading.drafts if found and draft.name == found.name]
            near = [d for d in self.reading.drafts if found and d.name.endswith(f"_{found.name}")]
            known += (same or near)[:1]
        return known

    def _note_holders(self, items: list[Item]) -> None:
        for item in items:
            if item[-1].low in HOLDERS and not self.reading.holder:
                self.reading.holder = item[-1].low

    def _make_current(self, items: list[Item], *, sure: bool = True, object_of: bool = True) -> None:
        """Make the items the current things; what only names software or a place leaves no thing behind."""
        made = []
        for item in items:
            phrase = core(without_dressing(item))
            if phrase and phrase[-1].low in HOLDERS:
                self._note_holders([phrase])
            elif is_built_in(lows(without_dressing(item))):
                continue
            elif draft := noun(item, object_of=object_of):
                made.append(self._merge(draft, sure=sure))
                self._current = made[-1:]
                self._add_fields(list_in_parentheses(item))
        share_the_next_list = bool(items) and len(items[-1]) == 1 and items[-1][0].low in _LIST_LEADS
        self._current = (made if share_the_next_list else made[-1:]) or self._current

    def _merge(self, draft: Draft, *, sure: bool) -> Draft:
        """The draft, or the known one of that name; a field of that name elsewhere was this thing."""
        for known in self.reading.drafts:
            if (known.name, known.one) == (draft.name, draft.one):
                known.sure = known.sure or sure
                return known
        draft.sure = sure
        for other in self.reading.drafts:
            other.items = [item for item in other.items if identifier(plain(item)) != draft.plural]
        self.reading.drafts.append(draft)
        return draft

    def _without_features(self, clause: Clause) -> list[Item]:
        """The objects of a verb without those that are wishes to leave out."""
        kept = []
        for item in clause.items or [()]:
            if feature := feature_of_deed(clause.opener, lows(item)):
                self.reading.left_out.append(feature)
                self.reading.objects += [item] if item and is_keeping(clause.opener) else []
            elif item:
                kept.append(item)
        return kept

    def _leave_out_features(self, items: list[Item]) -> None:
        self.reading.left_out += [feature for item in items if (feature := feature_of(lows(item)))]

    def _add_fields(self, items: list[Item]) -> None:
        """Give each current thing the items that are fields; wishes are left out, built-in ones dropped."""
        self._leave_out_features(items)
        for item in items:
            named = field_words(item)
            if not named or feature_of(lows(item)) or is_built_in(lows(named)):
                continue
            if item[0].low in ("a", "an") and (kind := refused_kind(lows(named))):
                self.reading.left_out.append(f"{kind[0]} ({kind[1]!r})")
            elif len(named) > MAX_FIELD_WORDS:
                self.reading.left_out.append(f"not understood: {plain(named)[:80]!r}")
            else:
                for items_so_far in [draft.items for draft in self._current] or [self.reading.loose]:
                    items_so_far.append(named)
