"""English noun phrases as records: which things a request names, and which fields each of them has."""

import re
from dataclasses import dataclass, field

from codecompanion.orchestra.templates.features import feature_of
from codecompanion.orchestra.templates.wording import identifier, is_plural, label, plural, singular


@dataclass
class Draft:
    """A thing under reading: its singular and plural names, and its fields as the request wrote them."""

    name: str
    plural: str
    title: str
    items: list[str] = field(default_factory=list)


@dataclass
class Reading:
    """What was read so far; `container` is a place ("library", "shop") that was named instead of its contents."""

    drafts: list[Draft] = field(default_factory=list)
    container: str = ""
    loose_items: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


CONTAINERS: dict[str, str] = {
    "library": "books",
    "bookshop": "books",
    "bookstore": "books",
    "school": "students",
    "university": "students",
    "shop": "products",
    "store": "products",
    "warehouse": "products",
    "company": "employees",
    "office": "employees",
    "business": "customers",
    "club": "members",
    "gym": "members",
    "clinic": "patients",
    "hospital": "patients",
    "restaurant": "reservations",
    "cafe": "orders",
    "hotel": "bookings",
    "garden": "plants",
    "blog": "posts",
    "garage": "cars",
    "farm": "animals",
    "bakery": "orders",
    "zoo": "animals",
    "team": "members",
    "church": "members",
    "crm": "customers",
    "kitchen": "recipes",
    "family": "people",
    "home": "items",
    "household": "items",
}
_VERBS = (
    "track manage store keep record log list organise organize catalogue catalog save collect register handle follow "
    "monitor plan remember add create enter serve expose hold read process clean load import ingest maintain edit view "
    "browse administer summarise summarize aggregate count write rate review"
).split()
_OTHER_VERBS = (
    "see show mark search filter sort delete update let allow make get send find sum output export share display "
    "remove print group compute calculate average total return support work use run have be know check look provide"
).split()


def _ing(verb: str) -> str:
    if verb in ("log", "plan"):
        return verb + verb[-1] + "ing"
    return verb.removesuffix("e") + "ing"


_BASE = "|".join(_VERBS)
_FORMS = "|".join([_ing(verb) for verb in _VERBS] + [verb + "s" for verb in _VERBS])
_KEEP = r"(?:\s+(?:track|records?|a record|a list|a log|note)\s+of)?"
_ACTOR = (
    r"(?:^|to|can|could|that|me|us|i|we|you|they|which|and|users?|people|staff|should|will|help|helps|lets?)"
)
_PURPOSE = re.compile(rf"(?:\b{_ACTOR}\s+(?:{_BASE})|\b(?:{_FORMS})){_KEEP}\b\s*(?:and\s+(?:{_BASE})\b\s*)?")
_FOR = re.compile(r"\b(?:for|about)\s+")
_ARTICLES = re.compile(
    r"^(?:an?|the|my|our|your|their|his|her|its|some|all|any|each|every|many|several|small|simple|little|basic|new|"
    r"personal|own|different|various|tiny|nice|of|one|single|individual|raw|daily|incoming|whether|it|is|it's|optional|"
    r"fields?|columns?|called|named|and|up|out|local|private|home|beautiful|modern|minimal|clean|full|complete|list of|"
    r"in|also|then|please|both|multiple|two|three)\s+(?=\S)"
)
_COLLECTION = (
    "list|lists|catalogue|catalog|collection|collections|database|inventory|record|records|log|register|directory|"
    "set|diary|journal|table|file|files|archive|history|details|data|information"
)
_COLLECTION_OF = re.compile(rf"^(?:\w+\s+){{0,2}}?(?:{_COLLECTION})\s+(?:of|about)\s+(?=\S)")
_GENERIC = frozenset(
    f"{_COLLECTION}|app|apps|application|website|site|page|pages|tracker|manager|organiser|organizer|planner|system|tool|"
    "service|services|api|apis|rest|restful|backend|server|microservice|web|crud|http|json|csv|jsonl|lines|line|pipeline|"
    "etl|portal|notebook|board|keeper|logger|software|program|project|platform|frontend|ui|interface|entries|entry|"
    "items|item|rows|row|dashboard|tracking|management|planning|logging|managing|input|inputs|output|export|exports|"
    "import|solution|endpoint|endpoints|box|book-keeping|thing|things|stuff|ones|form|online|jobs|job|one|report|reports|"
    "something|anything|everything|processing|dataset|datasets|build|make|create|write|me|want|need|please|give|i|it|"
    "they|them|small|simple|in|python|javascript|html|css|generate|develop|feed|feeds|batch".split("|")
)
_NP_END = re.compile(
    r"\s(?:for|in|at|from|on|using|so|when|where|that|which|who|to|into|by|via|as|through|because|while|if|is|are|should|"
    r"must|can|will|over|inside|within|against|like|we|i|you|lets?|per|then|out)\b|[:;(]"
)
_INTRO = re.compile(
    r",?\s*\b(?:(?:and\s+)?(?:where\s+)?(?:each|every)(?:\s+one)?\s+(?:with|having|has|have)|with|having|has|have|"
    r"(?:that|which|should|must|to)\s+(?:have|include|contain)|that\s+has|includ(?:ing|es)|contain(?:ing|s)|"
    r"consist(?:s|ing) of|made (?:up )?of|described by|recording|storing|(?:the\s+)?(?:fields|columns)(?:\s+are)?:?)"
    r"(?=\s|$)\s*|\s*:\s*"
)
_FILLER = re.compile(
    r"^(?:(?:the|these|following|fields?|columns?|properties|attributes|are|like|of|such as|:)\s+)+"
)
_ITEM_END = re.compile(
    r"^(.+?)\s+(?:that|which|so|using|where|when|for|from|to|in|into|if|stored|saved|then|on the|via)\b"
)
_STOP = re.compile(r"\b(?:that|which|so|using|where|when|then|stored|saved)\b")
_VERB_FIRST = re.compile(
    rf"^(?:then\s+|it\s+|also\s+|users?\s+|people\s+|i\s+)?(?:(?:{'|'.join(_VERBS + _OTHER_VERBS)})(?:e?s)?|can|should|must|"
    rf"{'|'.join(_ing(verb) for verb in _VERBS + _OTHER_VERBS)})\s+\S"
)
_BUILT_IN = re.compile(
    r"(?:(?:unit|automated|good|some|full)\s+)?(?:tests?|validation|crud|search(?:ing)?|filter(?:s|ing)?|pag(?:ing|ination)|"
    r"json(?: \w+)?|endpoints|crud \w+|rest(?:ful)?(?: \w+)?|readme|documentation|docs|sqlite(?: \w+)?|database|html|css|"
    r"javascript|python|local ?storage|error handling|sort(?:ing)?|forms?|list view|web|(?:web |html )?(?:page|ui|interface|"
    r"frontend|front end))"
)
_PRONOUNS = frozenset("it they each every this these both".split())


def strip_articles(words: str) -> str:
    words = words.strip(" ,-\"'")
    while (shorter := _ARTICLES.sub("", words)) != words:
        words = shorter
    return words.strip(" ,-\"'")


def noun(phrase: str) -> Draft | None:
    """The thing a noun phrase names, or None when it only names software ("a small web app")."""
    words = strip_articles(_COLLECTION_OF.sub("", strip_articles(phrase))).split()
    while words and words[-1] in _GENERIC:
        words.pop()
    while words and (words[0] in _GENERIC or words[0] in _PRONOUNS):
        words.pop(0)
    words = words[-3:]
    if len(words) > 1 and words[0] in CONTAINERS:
        words.pop(0)
    words = [word for word in words if identifier(word)]
    if not words:
        return None
    one = " ".join([*words[:-1], singular(words[-1])])
    many = " ".join([*words[:-1], plural(singular(words[-1]))])
    return Draft(identifier(one), identifier(many), label(many))


def read_phrases(text: str) -> Reading:
    """Every thing and field list of a lower-case request, in the order they are named."""
    reading = Reading()
    for sentence in re.split(r"[.;!?]+(?:\s+|$)", _paren_lists(text)):
        _read_sentence(reading, sentence.strip())
    return reading


def _paren_lists(text: str) -> str:
    """The text with "books (title, author) and" written as "books with title, author. "."""

    def spread(match: re.Match[str]) -> str:
        before = re.split(r"[.;]\s", text[: match.start()])[-1]
        in_list = _INTRO.search(re.sub(r"\([^()]*\)", "", before))
        return match.group() if in_list else f" with {match.group(1)}. "

    return re.sub(r"\s*\(([^()]*(?:,|\band\b)[^()]*)\)(?:\s*,?\s*\band\b|\s*,)?", spread, text)


def _read_sentence(reading: Reading, sentence: str) -> None:
    intros = [
        match for match in _INTRO.finditer(sentence) if not _inside_parentheses(sentence, match.start())
    ]
    ends = [match.start() for match in intros[1:]] + [len(sentence)]
    subject = sentence[: intros[0].start()] if intros else sentence
    current = _subjects(reading, subject)
    for index, (intro, end) in enumerate(zip(intros, ends, strict=True)):
        items = split_list(sentence[intro.end() : end])
        carried = (
            items.pop()
            if items and index + 1 < len(intros) and "each" not in intros[index + 1].group()
            else ""
        )
        if not current and reading.container and _all_things(items + [carried]):
            current = _things(reading, items + [carried])
            continue
        if carried and not _is_thing(carried) and items:
            items, carried = [*items, carried], ""
        _add_items(reading, current, items)
        if carried:
            current = _subjects(reading, carried) or current


def _inside_parentheses(text: str, position: int) -> bool:
    return text.count("(", 0, position) > text.count(")", 0, position)


def split_list(text: str) -> list[str]:
    """The items of "a, b and c", with what stands in parentheses kept together."""
    text = _FILLER.sub("", text.strip())
    masked = re.sub(r"\([^()]*\)", lambda match: "\0" * len(match.group()), text)
    items, start = [], 0
    for gap in re.finditer(
        r"\s*(?:,|;|\|)\s*(?:(?:and|or|plus)\s+)?|\s+(?:and|plus|or|&|as well as)\s+", masked
    ):
        items.append(text[start : gap.start()])
        start = gap.end()
    return [item.strip() for item in [*items, text[start:]] if item.strip()]


def _all_things(items: list[str]) -> bool:
    named = [strip_articles(item) for item in items if item]
    return bool(named) and all(words and is_plural(words.split()[-1]) for words in named)


def _is_thing(words: str) -> bool:
    return bool(re.match(r"(?:an?|each|every) ", words)) or _all_things([words])


def _things(reading: Reading, phrases: list[str]) -> list[Draft]:
    drafts = [draft for phrase in phrases if phrase and (draft := noun(phrase))]
    return [_merge(reading, draft) for draft in drafts]


def _merge(reading: Reading, draft: Draft) -> Draft:
    for known in reading.drafts:
        if known.name == draft.name:
            return known
    reading.drafts.append(draft)
    return draft


def _subjects(reading: Reading, subject: str) -> list[Draft]:
    subject = subject.strip(" ,")
    if (
        subject in _PRONOUNS
        or re.fullmatch(r"(?:the |an? )?(?:\w+ )?(?:api|app|page|fields?|columns?)", subject)
        or not subject
    ):
        return reading.drafts[-1:]
    if each := re.search(r"\b(?:each|every)\s+([\w -]+)$", subject):
        return _things(reading, [each.group(1)])
    for candidate in _candidates(subject):
        of_what = re.fullmatch(
            r"(?:the )?(.+?) (?:of|for) (?:each |every |all |my |our |the )*([\w-]+(?: [\w-]+)?)", candidate
        )
        if (
            of_what
            and not _COLLECTION_OF.match(strip_articles(candidate))
            and ("," in candidate or " and " in candidate)
        ):
            drafts = _things(reading, [of_what.group(2)])
            _add_items(reading, drafts, split_list(of_what.group(1)))
            return drafts
        if drafts := _things(reading, _entity_phrases(reading, candidate)):
            return drafts
    if not reading.drafts and not _VERB_FIRST.match(subject):
        return _things(reading, _entity_phrases(reading, subject))
    return [] if reading.container else reading.drafts[-1:]


def _candidates(subject: str) -> list[str]:
    """The noun phrases after the words of purpose, the likeliest first: after a verb, then after "for"."""
    places = [match.end() for match in _PURPOSE.finditer(subject)] + [
        match.end() for match in _FOR.finditer(subject)
    ]
    found = []
    for place in places:
        rest = subject[place:]
        head = _COLLECTION_OF.match(strip_articles(rest))
        rest = strip_articles(rest)[head.end() :] if head else rest
        found.append(_NP_END.split(f" {rest}", maxsplit=1)[0].strip() if not _purpose_of(rest) else rest)
    return [phrase for phrase in found if phrase]


def _purpose_of(rest: str) -> bool:
    return bool(re.fullmatch(r"[\w ,-]+ (?:of|for) (?:each|every|all|my) [\w -]+", rest))


def _entity_phrases(reading: Reading, candidate: str) -> list[str]:
    phrases = []
    for phrase in split_list(_NP_END.split(f" {candidate}", maxsplit=1)[0]):
        words = strip_articles(phrase)
        last = [word for word in words.split() if word not in _GENERIC][-1:]
        if _VERB_FIRST.match(words) or _BUILT_IN.fullmatch(words) or feature_of(words):
            continue
        if last and singular(last[0]) in CONTAINERS and not is_plural(last[0]):
            reading.container = reading.container or last[0]
        else:
            phrases.append(phrase)
    return phrases


def _add_items(reading: Reading, drafts: list[Draft], items: list[str]) -> None:
    target = drafts[-1].items if drafts else reading.loose_items
    for item in items:
        words, stops = _item(item)
        if feature := feature_of(words):
            reading.left_out.append(feature)
        elif words and not _BUILT_IN.fullmatch(words):
            if len(re.sub(r"\([^()]*\)", "", words).split()) > 6 or not identifier(words):
                reading.left_out.append(f"not understood: {words[:80]!r}")
            elif not stops or not _VERB_FIRST.match(words):
                target.append(words)
        if stops:
            return


def _item(item: str) -> tuple[str, bool]:
    """The field words of a list item, and whether the list ends with it."""
    words = strip_articles(item)
    if (
        _VERB_FIRST.match(words)
        and "(" not in words
        and not re.match(r"(?:read|total|average|count|list|check) \w+$", words)
    ):
        return "", True
    cut = _ITEM_END.match(words)
    return (cut.group(1).strip() if cut else words), bool(cut and _STOP.search(words))
