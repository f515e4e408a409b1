"""What a data pipeline is asked to work out: sums, averages and counts, and what they are grouped by."""

from dataclasses import dataclass

from codecompanion.orchestra.templates.blueprint import DatePart, MeasureKind
from codecompanion.orchestra.templates.reading.tokens import Item, Sentence, Token
from codecompanion.orchestra.templates.reading.vocabulary import ARTICLES, words

_SURE: dict[str, MeasureKind] = {
    **dict.fromkeys(words("counts counting"), "count"),
    **dict.fromkeys(words("sums summing totals totalling totaling"), "sum"),
    **dict.fromkeys(words("averages averaging"), "average"),
}
"""Forms that are verbs wherever they stand."""
_MAYBE: dict[str, MeasureKind] = {
    "count": "count",
    **dict.fromkeys(words("sum total"), "sum"),
    **dict.fromkeys(words("average mean"), "average"),
    **dict.fromkeys(words("min minimum lowest smallest earliest"), "smallest"),
    **dict.fromkeys(words("max maximum highest largest biggest latest"), "largest"),
}
"""Forms that may be part of a field's name, such as "total price"."""
_KIND = {**_SURE, **_MAYBE}
_TWO_WORDS: dict[tuple[str, str], MeasureKind] = {("how", "many"): "count", ("number", "of"): "count"}
_BY = (
    ("grouped", "by"),
    ("group", "by"),
    ("grouping", "by"),
    ("group", "it", "by"),
    ("group", "them", "by"),
    ("group", "rows", "by"),
    ("for", "each"),
    ("for", "every"),
    ("in", "each"),
    ("by",),
    ("per",),
)
_NOT_BEFORE_BY = words("sorted ordered separated divided followed written paid created sort order split made")
_PERIODS: dict[str, DatePart] = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "yearly": "year",
    "annual": "year",
}
DATE_PARTS: dict[str, DatePart] = {"day": "day", "week": "week", "month": "month", "year": "year"}
_ENDS_NAME = words(
    "and or , : by per for then into to from grouped with in of the as using on so that which it writes write "
    "saves save output outputs stores store exports export having where is are over at a an"
)
_LEADS = words(
    "to then should it calculate calculates calculating compute computes computing find finds give gives "
    "output outputs produce produces out show shows get report reports want need and"
)
_AFTER_GROUPS = {*_LEADS, "", ":", ","}
"""Words after which a measure is asked for once the groups were named."""
_CONNECTING = _LEADS | words("that which , work works the")
_FOR = Token("for", "for")
"""Stands before what is counted or grouped, which are the rows: "counts visits" is about visits."""
_FILLER = words("of the all total up their its my each every")


@dataclass(frozen=True)
class Wish:
    """The summary a request names in its own words; the fields are matched to real ones later."""

    measures: tuple[tuple[MeasureKind, Item], ...] = ()
    groups: tuple[Item, ...] = ()
    parts: tuple[DatePart, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether a summary is asked for at all."""
        return bool(self.measures or self.groups or self.parts)


def take_out_summary(sentences: list[Sentence]) -> tuple[list[Sentence], Wish]:
    """Return the sentences without their words about sums and groups, and what those words ask for."""
    scan = _Scan()
    rest = [scan.run(sentence) for sentence in sentences]
    wish = Wish(
        tuple(dict.fromkeys(scan.measures)), tuple(dict.fromkeys(scan.groups)), tuple(dict.fromkeys(scan.parts))
    )
    return [sentence for sentence in rest if sentence], wish


class _Scan:
    """One walk over each sentence; words of the summary are noted, all others kept."""

    def __init__(self) -> None:
        self.measures: list[tuple[MeasureKind, Item]] = []
        self.groups: list[Item] = []
        self.parts: list[DatePart] = []
        self._counted: Sentence = []

    def run(self, sentence: Sentence) -> Sentence:
        kept: Sentence = []
        measures_something = any(token.low in _KIND for token in sentence)
        position, grouped = 0, False
        while position < len(sentence):
            token = sentence[position]
            if by_end := _by_end(sentence, position):
                names, position = _names(sentence, by_end)
                self._note_groups(names)
                grouped = True
            elif measures_something and token.low in _PERIODS:
                self.parts.append(_PERIODS[token.low])
                position += 1
            elif measure_end := self._measure(sentence, position, kept, grouped=grouped):
                while kept and kept[-1].low in _CONNECTING:
                    kept.pop()
                kept += self._counted
                self._counted = []
                position = measure_end
            elif self._is_group_verb(sentence, position):
                kept.append(_FOR)
                position += 1
            else:
                kept.append(token)
                position += 1
        return kept

    def _is_group_verb(self, sentence: Sentence, position: int) -> bool:
        """Whether "groups" has the rows as its object, and is no column called "group"."""
        ends = position + 1 >= len(sentence) or sentence[position + 1].low in (",", "and", "or")
        return sentence[position].low in ("groups", "group", "grouping") and not ends

    def _note_groups(self, names: list[Item]) -> None:
        for name in names:
            if part := DATE_PARTS.get(name[-1].low.removesuffix("s")):
                self.parts.append(part)
            else:
                self.groups.append(name)

    def _measure(self, sentence: Sentence, position: int, kept: Sentence, *, grouped: bool) -> int:
        """Note the measure at the position and return where it ends; 0 when there is none."""
        kinds, start = _kinds_at(sentence, position)
        if not kinds:
            return 0
        while start < len(sentence) and sentence[start].low in _FILLER:
            start += 1
        names, end = _names(sentence, start)
        before = next((token.low for token in reversed(kept) if token.low not in ARTICLES), "")
        is_asked = (
            sentence[position].low in _SURE
            or bool(_by_end(sentence, end))
            or (before in _LEADS and bool(names) and before != "and")
            or (grouped and bool(names or "count" in kinds) and before in _AFTER_GROUPS)
        )
        if not is_asked:
            return 0
        if kinds == ["count"] and names:
            self._counted = [_FOR, *names[0]]
        for kind in kinds:
            self.measures += [(kind, name) for name in names if kind != "count"] or [(kind, ())]
        return end


def _kind_at(sentence: Sentence, position: int) -> tuple[MeasureKind | None, int]:
    """The kind of measure the words at the position name, and where the words after them start."""
    pair = tuple(token.low for token in sentence[position : position + 2])
    if len(pair) == 2 and (kind := _TWO_WORDS.get((pair[0], pair[1]))):
        return kind, position + 2
    token = sentence[position]
    return None if token.hint else _KIND.get(token.low), position + 1


def _kinds_at(sentence: Sentence, position: int) -> tuple[list[MeasureKind], int]:
    """The kinds that "minimum and maximum" at the position name, and where the words after them start."""
    kinds: list[MeasureKind] = []
    end = position
    while position < len(sentence):
        kind, after = _kind_at(sentence, position)
        if kind is None:
            break
        kinds.append(kind)
        end = position = after
        if position < len(sentence) and sentence[position].low in (",", "and"):
            position += 1
    return kinds, end


def _by_end(sentence: Sentence, position: int) -> int:
    """Where the words after "by", "per", "for each" … start; 0 when no such words stand at the position."""
    if position and sentence[position - 1].low in _NOT_BEFORE_BY:
        return 0
    end = _phrase_end(sentence, position)
    return end if end and _names(sentence, end)[0] else 0


def _names(sentence: Sentence, start: int) -> tuple[list[Item], int]:
    """The names of a list that starts at a position, and where the list ends."""
    names: list[Item] = []
    end = position = start
    while position < len(sentence):
        name = _name(sentence, position)
        if not name:
            break
        names.append(tuple(token for token in name if token.low not in ARTICLES))
        end = position + len(name)
        position = end
        while position < len(sentence) and sentence[position].low in (",", "and"):
            position += 1
        if position == end:
            break
    return [name for name in names if name], end


def _name(sentence: Sentence, position: int) -> list[Token]:
    """At most three words (and an article before them) that may name a field."""
    name: list[Token] = []
    for place, token in enumerate(sentence[position : position + 4], start=position):
        is_article = not name and token.low in ARTICLES
        if not is_article and (token.low in _ENDS_NAME or token.low in _KIND or _phrase_end(sentence, place)):
            break
        name.append(token)
    return name if any(token.low not in ARTICLES for token in name) else []


def _phrase_end(sentence: Sentence, position: int) -> int:
    """Where a phrase such as "by" or "grouped by" at the position ends; 0 when none stands there."""
    for phrase in _BY:
        end = position + len(phrase)
        if tuple(token.low for token in sentence[position:end]) == phrase:
            return end
    return 0
