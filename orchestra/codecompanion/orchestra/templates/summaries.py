"""What a data pipeline is asked to work out: sums, averages and counts, and what they are grouped by."""

import re
from dataclasses import dataclass

_KINDS = {
    "count": r"counts?|counting|how many|number of",
    "sum": r"sums?(?: up)?|summing(?: up)?|sum of|totals?(?: up)?|total(?:l)?ing|adds? up|adding up",
    "average": r"averages?|averaging|means?",
    "smallest": r"min(?:imum)?|lowest|smallest|earliest",
    "largest": r"max(?:imum)?|highest|largest|biggest|latest",
}
_ANY = "|".join(_KINDS.values())
_SURE = r"counts|counting|how many|sums(?: up)?|summing(?: up)?|totals(?: up)?|total(?:l)?ing|adds? up|averages|averaging"
_LEAD = r"(?:(?:and|then|to|that|which|it|should|,|calculat\w+|comput\w+|works? out|finds?|gives?|outputs?|produces?)\s+)*"
_WORDS = (
    r"[a-z][\w-]*(?:\s+(?!(?:and|by|per|for|then|into|to|from|grouped|with|in|of|the)\b)[a-z][\w-]*){0,2}"
)
_LIST = rf"(?:the\s+)?{_WORDS}(?:\s*(?:,|\band\b)\s*(?!(?:then|writes?|saves?|outputs?|stores?|exports?|{_ANY})\b)(?:the\s+)?{_WORDS})*"
_BY = r"(?:(?:and\s+|then\s+)?group(?:s|ed|ing)?\s+(?:\w+\s+)?by|by|per|for each|for every|in each)"
_MEASURE = re.compile(
    rf"{_LEAD}\b(?:the\s+)?(?:(?P<sure>{_SURE})|(?P<maybe>{_ANY}))\b(?:\s+(?:of|the|all|total))*"
    rf"(?:\s+(?P<fields>(?!(?:{_BY})\b){_LIST}))?(?P<grouped>(?=\s+{_BY}\s))?"
)
_GROUP = re.compile(rf"(?<!sorted )(?<!ordered )(?<!separated )\b{_BY}\s+(?P<fields>{_LIST})")
_PERIOD = {"daily": "day", "monthly": "month", "yearly": "year", "annual": "year"}


@dataclass(frozen=True)
class Wish:
    """The summary a request names in its own words; the fields are matched to real ones later."""

    measures: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]


def take_out_summary(text: str) -> tuple[str, Wish]:
    """The text without its words about sums and groups, and what those words ask for."""
    measures: dict[tuple[str, str], None] = {}
    groups: dict[str, None] = {}

    def take_measure(match: re.Match[str]) -> str:
        if match.group("sure") is None and match.group("grouped") is None:
            return match.group()
        kind = _kind(match.group("sure") or match.group("maybe"))
        for name in _names(match.group("fields") or ""):
            measures[kind, name] = None
        if not match.group("fields"):
            measures[kind, ""] = None
        return " "

    def take_group(match: re.Match[str]) -> str:
        groups.update(dict.fromkeys(_names(match.group("fields"))))
        return " "

    for word, part in _PERIOD.items():
        if re.search(rf"\b{word}\b(?=.*\b(?:{_ANY}))", text):
            groups[part] = None
            text = re.sub(rf"\b{word}\b", "", text)
    for _ in range(4):
        text = _MEASURE.sub(take_measure, text)
    text = _GROUP.sub(take_group, text)
    return re.sub(r"\s+([.,;])", r"\1", re.sub(r"\s+", " ", text)).strip(), Wish(
        tuple(measures), tuple(groups)
    )


def _kind(words: str) -> str:
    return next(kind for kind, pattern in _KINDS.items() if re.fullmatch(pattern, words))


def _names(words: str) -> list[str]:
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", words)
    return [name for part in parts if (name := re.sub(r"^(?:the|each|every|all|of)\s+", "", part.strip()))]
