"""The report as one HTML page: plots in plain SVG, no script, nothing fetched from anywhere."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from html import escape
from typing import Final

from codecompanion.router.learning.learned import ModelStanding, Moment, RouterReport

_WIDTH, _HEIGHT, _EDGE = 640, 220, 44
_DAY: Final = 86_400.0
_FEWEST_DAYS: Final = 7
"""Days for which there is room: a single one is no wall."""
_COLOURS: Final = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#be123c", "#0f766e", "#854d0e", "#475569")
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2937}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.2rem .6rem;text-align:right;white-space:nowrap;"
    "border-bottom:1px solid #e5e7eb}td:first-child,th:first-child,td:nth-child(2),th:nth-child(2)"
    "{text-align:left}.wide{overflow-x:auto}h2{margin:2rem 0 .3rem}h3{margin:1rem 0 0;font-size:1rem}"
    "p{margin:.2rem 0}svg{display:block;width:100%;height:auto;margin:.3rem 0 1rem}text{font-size:11px;"
    "fill:#374151}.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0}"
    ".legend svg{display:inline;width:.8rem;margin:0 .3rem 0 0}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

Point = tuple[float, float]


def page_of(report: RouterReport) -> str:
    """Return the whole page."""
    models = sorted({one.model for one in report.standings})
    colours = {model: _COLOURS[number % len(_COLOURS)] for number, model in enumerate(models)}
    parts = [
        _table(report.standings),
        "<h2>What was believed over time</h2>",
        "<p>The expected score of each model; the band is one deviation to each side.</p>",
        _legend(colours),
        *(_posteriors(kind, report.moments, colours) for kind in sorted({one.kind for one in report.moments})),
        "<h2>Cost and score</h2>",
        "<p>The mean over all kinds of work. A model below the line is beaten by a cheaper one.</p>",
        _frontier(report.standings, colours),
        "<h2>Spending by day</h2>",
        "<p>What the judged work cost, by model.</p>",
        _legend(colours),
        _days(report, colours),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>Router report</title><style>'
        f"{_STYLE}</style></head><body>"
        f"<h1>Router report</h1><p>{report.decisions} decisions, {report.outcomes} outcomes, "
        f"{report.explored} decisions to try a model out.</p>{''.join(parts)}</body></html>\n"
    )


def _table(standings: Sequence[ModelStanding]) -> str:
    head = "".join(
        f"<th>{name}</th>" for name in ("work", "model", "tasks", "score", "±", "cost $", "seconds", "spent $")
    )
    rows = "".join(
        f"<tr><td>{escape(one.kind)}</td><td>{escape(one.model)}</td><td>{one.tasks}</td><td>{one.score:.0%}</td>"
        f"<td>{one.deviation:.0%}</td><td>{one.dollars:.4f}</td><td>{one.seconds:.1f}</td>"
        f"<td>{one.spent:.4f}</td></tr>"
        for one in standings
    )
    return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'


def _legend(colours: dict[str, str]) -> str:
    entries = (
        f'<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill="{colour}"/></svg>'
        f"{escape(model)}</li>"
        for model, colour in colours.items()
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _posteriors(kind: str, moments: Sequence[Moment], colours: dict[str, str]) -> str:
    here = [one for one in moments if one.kind == kind]
    lines = []
    for model, colour in colours.items():
        seen = [(float(place), one) for place, one in enumerate(here) if one.model == model]
        if seen:
            # what is believed stays until something new is seen
            seen.append((float(len(here) - 1), seen[-1][1]))
            upper = [(place, one.score + one.deviation) for place, one in seen]
            lower = [(place, one.score - one.deviation) for place, one in reversed(seen)]
            lines.append(_band([*upper, *lower], colour, len(here)))
            lines.append(_line([(place, one.score) for place, one in seen], colour, len(here)))
    label = f"score at {kind}, outcome by outcome"
    across = (_date(here[0].at / _DAY), _date(here[-1].at / _DAY))
    return f"<h3>{escape(kind)}</h3>{_plot(lines, label, ('0%', '100%'), across)}"


def _frontier(standings: Sequence[ModelStanding], colours: dict[str, str]) -> str:
    totals: dict[str, tuple[int, float, float]] = {}
    for one in standings:
        tasks, score, spent = totals.get(one.model, (0, 0.0, 0.0))
        totals[one.model] = (tasks + one.tasks, score + one.tasks * one.score, spent + one.spent)
    points = {model: (spent / tasks, score / tasks) for model, (tasks, score, spent) in totals.items()}
    dearest = max((dollars for dollars, _ in points.values()), default=0.0) or 1.0
    dots = [
        f'<circle cx="{_x(dollars / dearest):.1f}" cy="{_y(score):.1f}" r="5" fill="{colours[model]}">'
        f"<title>{escape(model)}: {score:.0%}, ${dollars:.4f}</title></circle>"
        f"{_beside(dollars / dearest, score, model)}"
        for model, (dollars, score) in points.items()
    ]
    hull = [(dollars / dearest, score) for dollars, score in _rising(points.values())]
    edge = _path(hull, "#9ca3af") if len(hull) > 1 else ""
    return _plot(
        [edge, *dots], "mean cost and score of each model", ("0%", "100%"), ("$0", f"${dearest:.4f} a task")
    )


def _beside(across: float, upright: float, words: str) -> str:
    """Return words above a point, to the side where there is room."""
    side, anchor = (-9, "end") if across > 0.5 else (9, "start")
    place = f'x="{_x(across) + side:.1f}" y="{_y(upright) - 8:.1f}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(words)}</text>"


def _rising(points: Iterable[Point]) -> list[Point]:
    """Return the points that no cheaper one reaches."""
    found: list[Point] = []
    for dollars, score in sorted(points):
        if not found or score > found[-1][1]:
            found.append((dollars, score))
    return found


def _days(report: RouterReport, colours: dict[str, str]) -> str:
    most = max((sum(day.dollars.values()) for day in report.spending), default=0.0) or 1.0
    first, last = (report.spending[0].day, report.spending[-1].day) if report.spending else (0, 0)
    width = 0.8 / max(last - first + 1, _FEWEST_DAYS)
    bars = []
    for day in report.spending:
        height = 0.0
        for model, dollars in day.dollars.items():
            left = _x((day.day - first + 0.1) / max(last - first + 1, _FEWEST_DAYS))
            top, bottom = _y((height + dollars) / most), _y(height / most)
            bars.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{(_x(width) - _x(0)):.1f}" '
                f'height="{max(0.0, bottom - top):.1f}" fill="{colours.get(model, "#475569")}">'
                f"<title>{escape(model)}: ${dollars:.4f}</title></rect>"
            )
            height += dollars
    across = (_date(first), _date(last)) if bars else ("", "")
    return _plot(bars, "US dollars a day, by model", ("$0", f"${most:.2f}"), across)


def _date(day: float) -> str:
    """Return a day, counted from 1970, as people write it down; "" for one that no calendar has."""
    try:
        return f"{date(1970, 1, 1) + timedelta(days=int(day)):%Y-%m-%d}"
    except OverflowError:
        return ""


def _x(share: float) -> float:
    return _EDGE + max(0.0, min(1.0, share)) * (_WIDTH - 2 * _EDGE)


def _y(share: float) -> float:
    return _HEIGHT - _EDGE / 2 - max(0.0, min(1.0, share)) * (_HEIGHT - _EDGE)


def _scaled(points: Sequence[Point], count: int) -> list[Point]:
    return [(place / max(1, count - 1), score) for place, score in points]


def _line(points: Sequence[Point], colour: str, count: int) -> str:
    return _path(_scaled(points, count), colour)


def _path(points: Sequence[Point], colour: str) -> str:
    through = " ".join(f"{_x(place):.1f},{_y(score):.1f}" for place, score in points)
    return f'<polyline points="{through}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _band(points: Sequence[Point], colour: str, count: int) -> str:
    around = " ".join(f"{_x(place):.1f},{_y(score):.1f}" for place, score in _scaled(points, count))
    return f'<polygon points="{around}" fill="{colour}" fill-opacity="0.15"/>'


def _plot(drawn: Sequence[str], label: str, upright: tuple[str, str], across: tuple[str, str]) -> str:
    (bottom, top), (left, right) = upright, across
    low, high, start, end = _y(0.0), _y(1.0), _x(0.0), _x(1.0)
    halves = "".join(f"M{start} {_y(share):.1f}H{end}" for share in (0.25, 0.5, 0.75, 1.0))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'<path d="{halves}" stroke="#e5e7eb"/>'
        f'<path d="M{start} {high}V{low}H{end}" fill="none" stroke="#6b7280"/>'
        f'<text x="2" y="{high + 4:.0f}">{escape(top)}</text><text x="2" y="{low:.0f}">{escape(bottom)}</text>'
        f'<text x="{start}" y="{_HEIGHT - 6}">{escape(left)}</text>'
        f'<text x="{end}" y="{_HEIGHT - 6}" text-anchor="end">{escape(right)}</text>{"".join(drawn)}</svg>'
    )
