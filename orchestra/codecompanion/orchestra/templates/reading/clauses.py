"""A sentence cut into clauses: what opens each one, and the items of its list."""

from dataclasses import dataclass, field, replace
from typing import Literal

from codecompanion.orchestra.templates.reading.guesses import TYPE_WORDS
from codecompanion.orchestra.templates.reading.tokens import Item, Sentence, Token, plain, read_sentences
from codecompanion.orchestra.templates.reading.vocabulary import (
    ARTICLES,
    COLLECTION,
    DEEDS_IN_A_LIST,
    DONE_ANYWAY,
    KEEPING,
    LETTING,
    OTHER_DEEDS,
    PRONOUNS,
    SOFTWARE,
    SPEAKERS,
    ing,
    third,
    words,
)
from codecompanion.orchestra.templates.reading.wording import is_plural

ClauseKind = Literal["subject", "about", "deed", "fields", "aside"]
"""Subject: what the sentence starts with. About: after "for". Deed: after a verb. Fields: after "with"."""


@dataclass(frozen=True)
class Clause:
    """One clause; ``opener`` is the word that opened it ("with", "track", …), "" for the subject."""

    kind: ClauseKind
    opener: str = ""
    items: list[Item] = field(default_factory=list)
    adjoins: bool = False
    """Whether no comma or "and" stands before the opener, as in "members with"."""


_HAVING = words("with having has have including includes include containing contains contain comprising")
_FIELD_WORDS = words("field fields column columns attribute attributes property properties")
_ABOUT = words("for about")
_ASIDE = words("that which who where when while because if so using then unless whose")
_TELLERS = words("i we")
"""Open an aside after a noun: "wines I have tasted"."""
_MADE = words("written built made implemented coded developed programmed deployed hosted")
_MADE_WITH = words("in with using on by to")
_PREPOSITIONS = words(
    "in on at from into to by via as through over inside within against per is are be should must can could "
    "will may was were whether until after before without missing"
)
_MODAL = words("to can could should must will may cannot")
_SEPARATORS = frozenset({",", "and", "or", "plus", "&", "|", "/", "+"})
_SPLIT_PHRASES = ("as well as", "along with", "together with")
_KEEPING_FORMS = {form: verb for verb in KEEPING for form in (verb, third(verb), ing(verb))}
_OTHER_FORMS = {form: verb for verb in OTHER_DEEDS for form in (verb, third(verb), ing(verb))}
_DEED_FORMS = {**_OTHER_FORMS, **_KEEPING_FORMS}
_THIRD_FORMS = {third(verb) for verb in KEEPING | OTHER_DEEDS}
_BEFORE_THIRD = words("that which it who then app api service pipeline program tool system")


def is_keeping(opener: str) -> bool:
    """Whether the verb that opened a clause is one whose object is the kind of record."""
    return opener in _KEEPING_FORMS


def is_built_in_deed(opener: str) -> bool:
    """Whether every template does what the verb says, so that nothing is left out."""
    return _DEED_FORMS.get(opener) in DONE_ANYWAY


def read_clauses(sentence: Sentence) -> list[Clause]:
    """Return the clauses of one sentence, the subject first; items are never empty."""
    return _Splitter(_fold_types(sentence)).run()


def read_items(text: str) -> list[Item]:
    """Return the items of a list of fields such as "title, due date and done"."""
    sentences = read_sentences(text)
    return _Splitter(sentences[0], "fields").run()[0].items if sentences else []


class _Splitter:
    """Walks over one sentence once; every word goes to an item, opens a clause or separates items."""

    def __init__(self, sentence: Sentence, kind: ClauseKind = "subject") -> None:
        self._sentence = sentence
        self._clauses = [Clause(kind)]
        self._item: list[Token] = []

    def run(self) -> list[Clause]:
        position = 0
        while position < len(self._sentence):
            position += self._take(position)
        self._end_item()
        return self._clauses

    def _take(self, position: int) -> int:
        """Take in what stands at the position and return how many words that was."""
        if any(self._phrase_at(position, phrase) for phrase in _SPLIT_PHRASES):
            self._end_item()
            return 3 if self._low(position + 1) == "well" else 2
        token = self._sentence[position]
        if token.low in _SEPARATORS:
            self._end_item()
            if self._is_aside_in_a_list():
                self._open("fields", token.low)
        elif kind := self._opens(position):
            self._open(kind, token.low)
        elif token.low == "of" and self._collection_ends_here():
            self._item = []
        else:
            self._item.append(token)
            # a list in parentheses ends the noun it belongs to
            if token.hint and self._clause.kind != "fields" and len(token.hint) > 2:
                self._end_item()
        return 1

    @property
    def _clause(self) -> Clause:
        return self._clauses[-1]

    def _low(self, position: int) -> str:
        return self._sentence[position].low if 0 <= position < len(self._sentence) else ""

    def _is_aside_in_a_list(self) -> bool:
        """Whether the clause is the "in km" of "with distance in km, minutes and notes"."""
        return (
            len(self._clauses) > 1
            and self._clause.kind == "aside"
            and self._clause.opener in _PREPOSITIONS
            and self._clauses[-2].kind == "fields"
            and bool(self._clauses[-2].items)
        )

    def _phrase_at(self, position: int, phrase: str) -> bool:
        return self._low(position) == phrase.split(" ", maxsplit=1)[0] and (
            plain(self._sentence[position : position + phrase.count(" ") + 1]) == phrase
        )

    def _end_item(self) -> None:
        if self._item:
            self._clause.items.append(tuple(self._item))
        self._item = []

    def _open(self, kind: ClauseKind, opener: str) -> None:
        adjoins = bool(self._item)
        self._end_item()
        if kind == "deed" and self._repeats_a_deed() and is_keeping(self._clause.opener):
            return
        self._clauses.append(Clause(kind, opener, adjoins=adjoins))

    def _collection_ends_here(self) -> bool:
        """Whether the words so far only say that a collection follows: "a list" of …, "(keep) track" of …."""
        if self._clause.kind == "fields":
            return False
        return self._item[-1].low in COLLECTION if self._item else self._clause.kind == "deed"

    def _opens(self, position: int) -> ClauseKind | None:
        low, before, after = (self._low(position + step) for step in (0, -1, 1))
        if low == ":" or self._opens_fields(low, before, after):
            return "fields"
        if low in _ASIDE or (low in _MADE and after in _MADE_WITH) or self._tells(low):
            return "aside"
        if self._opens_deed(position):
            return "deed"
        if low in _ABOUT or (low == "of" and after in ("each", "every")):
            in_list = after not in ("each", "every") and self._in_a_list_of_fields()
            return "aside" if in_list else "about"
        return "aside" if self._is_preposition(position, low, after) else None

    def _tells(self, low: str) -> bool:
        """Whether "I" or "we" goes on about the noun before it: "wines I have tasted"."""
        return low in _TELLERS and bool(self._item) and self._clause.kind != "fields"

    def _opens_fields(self, low: str, before: str, after: str) -> bool:
        if low in ("are", "is") and before in _FIELD_WORDS:
            return True
        if low == "has" and self._clause.kind == "fields" and not self._item:
            return after in ARTICLES
        return low in _HAVING and before not in ("i", "we", "you", "to")

    def _is_preposition(self, position: int, low: str, after: str) -> bool:
        """Whether a preposition opens an aside; in a list "paid by" and "in stock" are names of fields."""
        if low in _MODAL and low != "to":
            return True
        if low not in _PREPOSITIONS:
            return False
        ends_item = (
            after in _SEPARATORS or not after or (low in ("in", "per") and self._ends_after(position + 1))
        )
        starts_name = not self._item and after not in ARTICLES and after not in _DEED_FORMS
        return not (self._clause.kind == "fields" and (ends_item or starts_name))

    def _ends_after(self, position: int) -> bool:
        """Whether the word at the position is the last of its item, as the unit of "distance in km" is."""
        after = self._low(position + 1)
        return bool(self._item) and (not after or after in _SEPARATORS)

    def _opens_deed(self, position: int) -> bool:
        low, before, after = (self._low(position + step) for step in (0, -1, 1))
        if before in _MODAL and self._clause.kind == "aside" and not self._item:
            return low not in ARTICLES and low not in _SEPARATORS and low != "be"
        if low not in _DEED_FORMS or (self._clause.opener in _TELLERS and not self._clause.items):
            return False
        if self._clause.kind == "fields":
            starts = before == ":" and self._only_software_so_far()
            return not self._item and (self._ends_the_list(low, after) or (starts and bool(after)))
        if low.endswith("ing"):
            return bool(after) and self._is_ing_form(before, after)
        if low in _THIRD_FORMS:
            return before in _BEFORE_THIRD or (before == "and" and self._repeats_a_deed())
        return self._is_base_form(low, before, after)

    def _is_ing_form(self, before: str, after: str) -> bool:
        """Whether an -ing form is a verb: after "for", after words for the software, or before an object."""
        if self._item:
            return self._clause.kind == "subject" and before in SOFTWARE
        return before in _ABOUT or after not in SOFTWARE

    def _in_a_list_of_fields(self) -> bool:
        """Whether "for" belongs to a field ("a date for payment"), not to "an API with login for invoices"."""
        if self._clause.kind != "fields" or not (self._item or self._clause.items):
            return False
        return not self._only_software_so_far()

    def _only_software_so_far(self) -> bool:
        subjects = [item for clause in self._clauses[:-1] for item in clause.items]
        return all(item[-1].low in SOFTWARE for item in subjects)

    def _repeats_a_deed(self) -> bool:
        """Whether the clause is a verb still waiting for its object, as in "add, edit and …"."""
        return self._clause.kind == "deed" and not self._clause.items and not self._item

    def _is_base_form(self, low: str, before: str, after: str) -> bool:
        lets_someone = self._clause.opener in LETTING and bool(self._item)
        if before in SPEAKERS or before in ("me", "us") or lets_someone:
            return True
        if self._clause.kind == "subject" and not self._clause.items and not self._item:
            return True
        if before not in _SEPARATORS:
            return False
        in_aside = self._clause.kind == "aside" and is_plural(after)
        return in_aside or self._repeats_a_deed() or self._ends_the_list(low, after)

    def _ends_the_list(self, low: str, after: str) -> bool:
        """Whether a verb where an item could start is a deed, not part of a name such as "order number"."""
        if not after or after in _SEPARATORS:
            return False
        verb = _DEED_FORMS[low]
        return verb in DEEDS_IN_A_LIST or after in ARTICLES or after in PRONOUNS


def _fold_types(sentence: Sentence) -> Sentence:
    """Read "price: number" as "price (number)" where a list of such pairs stands."""
    folded: Sentence = []
    pairs = sum(bool(_type_at(sentence, place)) for place in range(len(sentence)))
    opened = False
    position = 0
    while position < len(sentence):
        length = _type_at(sentence, position)
        token = sentence[position]
        if length and folded and (pairs > 1 or opened):
            folded[-1] = replace(folded[-1], hint=tuple(sentence[position + 1 : position + 1 + length]))
            position += length
        else:
            folded.append(token)
        opened = opened or token.low == ":" or token.low in _HAVING
        position += 1
    return folded


def _type_at(sentence: Sentence, colon: int) -> int:
    """Return how many words after the colon name a type that ends its item; 0 when there is none."""
    if sentence[colon].low != ":":
        return 0
    for length in (3, 2, 1):
        after = sentence[colon + 1 : colon + 1 + length]
        end = sentence[colon + 1 + length : colon + 2 + length]
        if len(after) == length and plain(after) in TYPE_WORDS and (not end or end[0].low in _SEPARATORS):
            return length
    return 0
