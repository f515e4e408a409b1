"""Which template a request names or means."""

import re
from dataclasses import dataclass

from codecompanion.orchestra.templates.blueprint import (
    TEMPLATE_NAMES,
    TemplateName,
    UnknownTemplate,
    cannot_build,
)
from codecompanion.orchestra.templates.reading.clauses import Clause, read_clauses
from codecompanion.orchestra.templates.reading.tokens import Sentence, plain
from codecompanion.orchestra.templates.reading.vocabulary import words

_NOT_A_FIELD = r"(?! (?:count|number|numbers|views))"
_NAMED: dict[TemplateName, re.Pattern[str]] = {
    "data pipeline": re.compile(r"\b(?:pipelines?|etl|data processing|batch job)\b"),
    "api service": re.compile(
        r"\b(?:apis?|rest|restful|back-?end|(?:micro|web )?services?|endpoints?|web server)\b"
    ),
    "web app": re.compile(
        r"\b(?:web-?apps?|websites?|webpages?|web (?:app|application|site|page|tool)s?|single[- ]page|"
        rf"front-?end|browser app|page{_NOT_A_FIELD}|site)\b"
    ),
}
_ON_A_SERVER = re.compile(r"\b(?:rest|api|back-?end|server|sqlite)\b")
_PAGE = re.compile(
    rf"\b(?:web ?page|page{_NOT_A_FIELD}|ui|front-?end|front end|website|web app|html|interface)\b"
)
_ROWS = re.compile(r"\b(?:csv|jsonl|json lines|tsv)\b")
_KEEPERS = words(
    "app application tracker manager organizer organiser planner log journal diary catalogue "
    "catalog directory inventory system tool notebook register crud database collection portal "
    "list board crm blog keeper dashboard logger website todo"
)
_KEEPING = words(
    "track tracks tracking manage manages managing organise organises organising organize "
    "organizes organizing keep keeps keeping catalogue catalog record records store stores log "
    "logs collect collects plan"
)


@dataclass(frozen=True)
class Choice:
    """The template, whether the request (or the person) names it, and what was assumed."""

    template: TemplateName
    is_named: bool
    assumptions: tuple[str, ...] = ()


def template_named(name: str) -> TemplateName:
    """Return the template a person means by "API service", "api-service" or "api_service"."""
    wanted = " ".join(re.split(r"[\s_-]+", name.strip().lower()))
    for known in TEMPLATE_NAMES:
        if wanted in (known, known.replace(" ", ""), f"{known}s"):
            return known
    raise UnknownTemplate(name)


def choose_template(sentences: list[Sentence]) -> Choice:
    """Return the template named first, else the one that fits best; raises ``CannotBuild`` when none does."""
    said = in_words(sentences)
    places = {name: found.start() for name, pattern in _NAMED.items() if (found := pattern.search(said))}
    if places:
        chosen = min(places, key=lambda name: places[name])
        if chosen == "web app" and _ON_A_SERVER.search(said):
            note = "It keeps its data on a server, so this is an API service with a web page."
            return Choice("api service", True, (note,))
        return Choice(chosen, True)
    if _ROWS.search(said):
        note = "The request names no kind of software; a data pipeline fits its files best."
        return Choice("data pipeline", True, (note,))
    if _keeps_records(read_clauses(sentences[0])):
        return Choice("web app", False, ("The request names no kind of software; a web app fits it best.",))
    raise cannot_build("I found no web app, API service or data pipeline in this request.")


def wants_page(sentences: list[Sentence]) -> bool:
    """Whether a service is to have a web page."""
    return bool(_PAGE.search(in_words(sentences)))


def in_words(sentences: list[Sentence]) -> str:
    """Return the request's lower-case words, with a full stop between sentences."""
    return " . ".join(plain(sentence) for sentence in sentences)


def _keeps_records(clauses: list[Clause]) -> bool:
    """Whether a request with no kind of software still asks for something that keeps records."""
    heads = [item[-1].low for clause in clauses if clause.kind == "subject" for item in clause.items]
    lists = any("list" in plain(item).split() for clause in clauses[:1] for item in clause.items)
    return lists or any(head in _KEEPERS for head in heads) or any(c.opener in _KEEPING for c in clauses)
