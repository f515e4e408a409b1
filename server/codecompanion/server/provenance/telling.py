"""Who wrote what, in words: for a terminal, for a hover, and as trailers of a commit message. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from codecompanion.contracts.wording import counted
from codecompanion.server.provenance.answers import Blame, Origin
from codecompanion.server.runs.telling import when
from codecompanion.server.settings.redaction import one_line

_ROOM = 60


def blame_lines(found: Blame) -> Iterator[str]:
    """Yield each line of a file behind its author, and beneath that what stands behind each edit."""
    agents = {one.edit_id: f"{one.run_id} {one.agent}" for one in found.origins}
    who = [agents.get(line.by, "you" if line.by == "person" else "-") for line in found.lines]
    width = max(map(len, who), default=0)
    digits = len(str(len(found.lines)))
    for name, line in zip(who, found.lines, strict=True):
        yield f"{name:<{width}}  {line.line:>{digits}}| {line.text}".rstrip()
    yield ""
    if not found.origins:
        yield f"No line of {found.path} was written by an agent, as far as this folder's log knows."
    for origin in found.origins:
        yield " ".join([f"{counted(origin.lines, 'line')}:", *_sentences(origin)])
    if found.origins:
        yield from _tests(found.origins, found.named_by)


def hover(origin: Origin, named_by: Sequence[str], why: str = "") -> str:
    """Return what a person sees over a line, as Markdown; nothing in it that a model or a file said acts.

    ``why`` says why that model was chosen.
    """
    who, *more = _sentences(origin)
    chosen = [f"Why this model: {_quiet(why)} (`orchestra.routerWhy` tells more)."] if why else []
    return "\n\n".join([f"**Orchestra**: {who}", *more, *chosen, *_tests([origin], named_by)])


def _sentences(origin: Origin) -> Iterator[str]:
    model = f" with {origin.model}" if origin.model else ""
    yield f"{origin.agent}{model}, {when(origin.at)}, run `{origin.run_id}`."
    yield f"Asked for: {_quiet(one_line(origin.request, _ROOM))}."
    if origin.model:
        cost = "has no known price" if origin.cost is None else f"cost ${origin.cost:.4f}"
        yield f"The answer it came in {cost}."


def _tests(origins: Iterable[Origin], named_by: Sequence[str]) -> Iterator[str]:
    ran = {
        one.run_id: f"{one.tests_passed} passed, {one.tests_failed} failed (`{_quiet(one.tests_command)}`)"
        for one in origins
        if one.tests_passed is not None
    }
    for run_id, said in ran.items():
        yield f"Tests after it in run `{run_id}`: {said}."
    if not ran:
        yield "No tests ran after it in its run."
    if named_by:
        names = ", ".join(f"`{_quiet(name)}`" for name in named_by)
        verb = "names" if len(named_by) == 1 else "name"
        yield f"{names} {verb} this file; whether a test runs this very line was not measured."


def _quiet(text: str) -> str:
    """Return text without what Markdown would take for a link, a picture or code."""
    return "".join(sign for sign in text if sign not in "`[]<>!\\")


def trailers(found: Iterable[tuple[Blame, Sequence[int]]]) -> list[str]:
    """Return trailers for a commit message, one for each agent, model and run; the lines are counted from 1.

    Only the lines named are counted: those that the commit adds or changes.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for blame, lines in found:
        origins = {one.edit_id: one for one in blame.origins}
        for number in lines:
            origin = origins.get(blame.lines[number - 1].by)
            if origin is not None:
                counts[origin.agent, origin.model or "an unknown model", origin.run_id] += 1
    return [
        f"Assisted-by: Orchestra {agent} with {model} ({counted(lines, 'line')}, {run_id})"
        for (agent, model, run_id), lines in sorted(counts.items())
    ]
