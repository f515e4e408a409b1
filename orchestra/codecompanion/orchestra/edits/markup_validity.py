"""Whether the elements of an HTML page are closed, as far as it matters to what comes after them.

Browsers get over nearly everything, and pages are written in many ways: so only what moves or swallows the rest
of a page is a fault. What HTML lets one leave out may be left out (HTML Standard, 13.1.2.4), and what old pages
nest in any way, such as ``<font>`` and ``<b>``, is not looked at.
"""

import re
from collections import Counter
from html.parser import HTMLParser

PAGES = frozenset({".html", ".htm"})
"""The suffixes of files that can be checked."""

_TEMPLATES = ("{%", "{{", "{#", "<%", "<?", "${")
# fmt: off
_LOOKED_AT = frozenset((
    "address", "article", "aside", "audio", "blockquote", "button", "canvas", "details", "dialog", "div",
    "dl", "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "iframe", "label", "legend", "main", "math", "menu", "nav", "ol", "pre", "script", "section", "select",
    "style", "summary", "svg", "table", "template", "textarea", "title", "ul", "video",
))
# fmt: on
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_FOREIGN = frozenset({"svg", "math"})
_LONGEST_SHOWN = 40


def page_fault(text: str) -> tuple[int, str] | None:
    """Return the line (from 1) and a sentence about the first fault, None for a sound page.

    Templates that make a page are not checked.
    """
    if any(mark in text for mark in _TEMPLATES):
        return None
    reader = _Reader()
    try:
        reader.feed(text)
    except AssertionError:
        # the parser's own way to say that it does not know a declaration
        return None
    return reader.fault(text)


class _Reader(HTMLParser):
    """Keeps in mind which elements are open, and those that were not closed or opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._open: list[tuple[str, int]] = []
        self._counts = Counter[str]()
        self._faults: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note an element that must be closed, and a tag that runs into what follows it."""
        text = _QUOTED.sub("", self.get_starttag_text() or "")
        if text.find("<", 1) > 0 or '"' in text or "'" in text:
            self._faults.append((self.getpos()[0], f"the tag <{tag} … has no end, or a quote too few"))
        elif self._is_looked_at(tag):
            self._open.append((tag, self.getpos()[0]))
            self._counts[tag] += 1

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Leave ``<div/>`` alone: who writes it takes it for closed."""

    def parse_endtag(self, i: int) -> int:
        """Note an end tag that runs into what follows it."""
        end = super().parse_endtag(i)
        if "<" in self.rawdata[i + 1 : end]:
            self._faults.append((self.getpos()[0], f"{self.rawdata[i:end][:_LONGEST_SHOWN]!r} has no end"))
        return end

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element of the name; those in it are open for good."""
        if not self._is_looked_at(tag):
            return
        if not self._counts[tag]:
            self._faults.append((self.getpos()[0], f"</{tag}> closes nothing"))
            return
        while (closed := self._open.pop())[0] != tag:
            self._never_closed(*closed)
        self._counts[tag] -= 1

    def fault(self, text: str) -> tuple[int, str] | None:
        """Return the first fault, now that all was read."""
        if self.rawdata.strip():
            # what was begun and has no end is left over
            rest = self.rawdata.lstrip()
            line = text.count("\n") - rest.count("\n") + 1
            self._faults.append((line, f"{rest.partition(chr(10))[0][:_LONGEST_SHOWN]!r} has no end"))
        else:
            for one in self._open:
                self._never_closed(*one)
        first = min(self._faults, default=None)
        return first and (first[0], f"not valid HTML: {first[1]}")

    def _never_closed(self, tag: str, line: int) -> None:
        self._counts[tag] -= 1
        self._faults.append((line, f"<{tag}> is never closed"))

    def _is_looked_at(self, tag: str) -> bool:
        return tag in _FOREIGN or (tag in _LOOKED_AT and not any(self._counts[name] for name in _FOREIGN))
