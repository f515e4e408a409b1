"""English words as names: plurals, identifiers and labels."""

import re
import unicodedata

_IRREGULAR = {
    "person": "people",
    "child": "children",
    "man": "men",
    "woman": "women",
    "mouse": "mice",
    "goose": "geese",
    "foot": "feet",
    "tooth": "teeth",
    "leaf": "leaves",
    "shelf": "shelves",
    "knife": "knives",
    "wife": "wives",
    "life": "lives",
    "loaf": "loaves",
    "wolf": "wolves",
    "half": "halves",
    "analysis": "analyses",
    "crisis": "crises",
    "thesis": "theses",
    "diagnosis": "diagnoses",
    "criterion": "criteria",
    "phenomenon": "phenomena",
    "potato": "potatoes",
    "tomato": "tomatoes",
    "hero": "heroes",
    "quiz": "quizzes",
    "bus": "buses",
    "gas": "gases",
    "virus": "viruses",
    "status": "statuses",
    "campus": "campuses",
    "bonus": "bonuses",
    "lens": "lenses",
    "alias": "aliases",
    "movie": "movies",
    "cookie": "cookies",
    "tie": "ties",
    "pie": "pies",
    "calorie": "calories",
    "zombie": "zombies",
    "cache": "caches",
    "headache": "headaches",
    "axe": "axes",
}
_SINGULAR = {many: one for one, many in _IRREGULAR.items()}
_UNCHANGING = {
    *("sheep", "fish", "deer", "series", "species", "aircraft", "clothes", "jeans"),
    *("news", "equipment", "furniture", "money", "stock", "feedback", "homework", "inventory", "weather"),
    *("information", "staff", "music", "software", "hardware", "luggage", "mileage", "traffic", "jewellery"),
    *("income", "spending", "revenue", "laundry", "mail", "data", "media", "attendance"),
}
_WITHOUT_ACCENT = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th"})
MAX_NAME = 40
MAX_LABEL = 60


def is_uncountable(word: str) -> bool:
    """Whether the word is its own plural ("stock", "homework")."""
    return word in _UNCHANGING


def singular(word: str) -> str:
    """Return the one of a lower-case plural; a word that is already singular comes back as it was."""
    if word in _UNCHANGING or word in _IRREGULAR:
        return word
    if word in _SINGULAR:
        return _SINGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
        return word[:-1].removesuffix("'")
    return word


def plural(word: str) -> str:
    """Return the many of a lower-case singular."""
    if word in _UNCHANGING:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    if word.endswith(("s", "sh", "ch", "x", "z")):
        return word + "es"
    return word + "s"


def is_plural(word: str) -> bool:
    """Whether the word reads as a plural: it has a singular that differs from it."""
    return singular(word) != word


def identifier(phrase: str) -> str:
    """Return a lower-case ASCII name for the phrase, or "" when nothing of it can be written so.

    The name may be a keyword of some language and never starts with a digit; SQLite keeps names that start
    with ``sqlite`` for itself.
    """
    plain = unicodedata.normalize("NFKD", phrase.lower().translate(_WITHOUT_ACCENT))
    ascii_only = plain.encode("ascii", "ignore").decode().replace("'", "")
    name = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")
    if name[:1].isdigit() or name.startswith("sqlite"):
        name = f"the_{name}"
    return name[:MAX_NAME].rstrip("_")


def shown_as(phrase: str) -> str:
    """Return the phrase as people read it: letters, digits, spaces, apostrophes and hyphens; bounded."""
    text = " ".join(re.sub(r"[^\w\s'-]|_", " ", phrase).split()).strip(" -'")
    return re.sub(r"\btodo", "to-do", text)[:MAX_LABEL].rstrip()


def label(phrase: str) -> str:
    """Return the phrase as a heading: as ``shown_as``, first letter large."""
    text = shown_as(phrase)
    return text[:1].upper() + text[1:]


def listed(items: list[str]) -> str:
    """Return "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
