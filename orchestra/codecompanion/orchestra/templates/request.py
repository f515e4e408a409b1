"""A request in plain English, read into a blueprint or refused with a reason."""

import re
from collections.abc import Iterator

from codecompanion.orchestra.templates.blueprint import Blueprint, TemplateName, cannot_build
from codecompanion.orchestra.templates.choice import (
    Choice,
    choose_template,
    in_words,
    template_named,
    wants_page,
)
from codecompanion.orchestra.templates.reading.clauses import read_clauses
from codecompanion.orchestra.templates.reading.nouns import noun, without_dressing
from codecompanion.orchestra.templates.reading.phrases import Reading, read_phrases, without_asking
from codecompanion.orchestra.templates.reading.records import make_records
from codecompanion.orchestra.templates.reading.refusals import (
    changes_code,
    refused_anywhere,
    refused_deed,
    refused_kind,
)
from codecompanion.orchestra.templates.reading.summaries import Wish, take_out_summary
from codecompanion.orchestra.templates.reading.tokens import Item, Sentence, lows, plain, read_sentences
from codecompanion.orchestra.templates.reading.totals import needed_fields, with_totals

MAX_TEXT = 4000

_ONLY_CHECKS = re.compile(r"\b(?:convert\w*|clean\w*|validat\w*|check\w*|normali[sz]\w*|pars(?:e|es|ing))\b")
_SUFFIX: dict[TemplateName, str] = {"web app": "app", "api service": "api", "data pipeline": "pipeline"}
_TITLES: dict[TemplateName, str] = {
    "web app": "{}",
    "api service": "{} API",
    "data pipeline": "{} pipeline",
}


def read_request(text: str, template: str | None = None) -> Blueprint:
    """Return the blueprint a request describes.

    Raises ``CannotBuild``, or ``UnknownTemplate`` for a bad name.
    """
    named = template_named(template) if template else None
    _refuse_unreadable(text)
    sentences = without_asking(read_sentences(text))
    _refuse_what_fits_no_template(sentences)
    choice = Choice(named, True) if named else choose_template(sentences)
    wish = Wish()
    rest = sentences
    if choice.template == "data pipeline":
        rest, wish = take_out_summary(sentences)
    reading = read_phrases(rest)
    _refuse_deeds(reading, rest, choice.template)
    if not choice.is_named and reading.names_nothing:
        raise cannot_build("I could not tell which records this should keep.")
    return _blueprint(choice, sentences, reading, wish)


def _blueprint(choice: Choice, sentences: list[Sentence], reading: Reading, wish: Wish) -> Blueprint:
    template = choice.template
    is_pipeline = template == "data pipeline"
    names = tuple(name for draft in reading.drafts[:1] for name in (draft.name, draft.plural))
    records = make_records(reading, only_one=is_pipeline, fallback_fields=needed_fields(wish, names))
    first = records.entities[0]
    blueprint = Blueprint(
        template=template,
        title=_TITLES[template].format(first.title),
        package=f"{first.name}_{_SUFFIX[template]}",
        entities=records.entities,
        with_page=template == "web app" or (template == "api service" and wants_page(sentences)),
        assumptions=(*choice.assumptions, *records.assumptions),
        left_out=tuple(dict.fromkeys(records.left_out)),
    )
    only_checks = not wish.is_any and _ONLY_CHECKS.search(in_words(sentences))
    return with_totals(blueprint, wish) if is_pipeline and not only_checks else blueprint


def _refuse_unreadable(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise cannot_build(f"The request is longer than {MAX_TEXT} characters; please say it shorter.")
    letters = [character for character in text if character.isalpha()]
    if not letters:
        raise cannot_build("The request is empty.")
    if sum(character < "\u0250" for character in letters) * 2 < len(letters):
        raise cannot_build("Without a model key I read English only, and this request is in another script.")


def _refuse_what_fits_no_template(sentences: list[Sentence]) -> None:
    """Raise ``CannotBuild`` when the thing asked for is of a kind no template can give."""
    if not sentences:
        raise cannot_build("The request does not say what to build.")
    if _asks_for_a_change(sentences[0]):
        raise cannot_build("This request asks to change existing code, which needs a model.")
    everywhere = refused_anywhere(tuple(token.low for sentence in sentences for token in sentence))
    heads = (refused_kind(lows(item)) for item in _heads(sentences[0]))
    for found in (everywhere, *heads):
        if found:
            raise cannot_build(f"This request asks for {found[0]} ({found[1]!r}), which I cannot build.")


def _asks_for_a_change(sentence: Sentence) -> bool:
    """Whether the request starts like "fix the login" or "add a button", and not "add a REST API"."""
    if not changes_code(sentence[0].low) or len(sentence) < 2:
        return False
    clauses = read_clauses(sentence[1:])
    return not clauses[0].items or noun(clauses[0].items[0]) is not None


def _heads(sentence: Sentence) -> Iterator[Item]:
    """The noun phrases that say what is asked for: the subject, and "a game" of "an app for a game"."""
    for clause in read_clauses(sentence):
        if clause.kind == "subject":
            yield from (without_dressing(item) for item in clause.items)
        if clause.kind == "about":
            yield from (without_dressing(item) for item in clause.items if item[0].low in ("a", "an"))


def _refuse_deeds(reading: Reading, sentences: list[Sentence], template: TemplateName) -> None:
    """Refuse "predicts prices" where no records were named; with records it is only left out."""
    for sentence in sentences:
        for clause in read_clauses(sentence):
            if kind := refused_deed(clause.opener, of_files=template == "data pipeline"):
                said = " ".join([clause.opener, *(plain(item) for item in clause.items)])[:60]
                if not reading.drafts:
                    raise cannot_build(f"This request asks for {kind} ({said!r}), which I cannot build.")
                reading.left_out.append(f"{kind} ({said!r})")
