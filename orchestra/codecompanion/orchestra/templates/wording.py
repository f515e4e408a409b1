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
    "movie": "movies",
    "cookie": "cookies",
    "tie": "ties",
    "pie": "pies",
    "calorie": "calories",
    "zombie": "zombies",
    "cache": "caches",
    "axe": "axes",
    "shoe": "shoes",
    "toe": "toes",
    "canoe": "canoes",
    "house": "houses",
    "horse": "horses",
    "nurse": "nurses",
    "course": "courses",
    "purchase": "purchases",
    "expense": "expenses",
    "license": "licenses",
    "exercise": "exercises",
    "release": "releases",
    "database": "databases",
    "response": "responses",
    "phrase": "phrases",
    "vase": "vases",
    "case": "cases",
    "lease": "leases",
    "disease": "diseases",
    "size": "sizes",
    "prize": "prizes",
    "rose": "roses",
    "cheese": "cheeses",
    "warehouse": "warehouses",
    "franchise": "franchises",
    "headache": "headaches",
    "bee": "bees",
}
_SINGULAR = {plural: one for one, plural in _IRREGULAR.items()}
_UNCHANGING = frozenset(
    "sheep fish deer series species aircraft news equipment furniture money stock feedback homework "
    "inventory weather information staff music software hardware luggage mileage traffic".split()
)


def singular(word: str) -> str:
    """The one of a plural word; a word that is already singular comes back as it was."""
    low = word.lower()
    if low in _UNCHANGING or low in _IRREGULAR:
        return low
    if low in _SINGULAR:
        return _SINGULAR[low]
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return low[:-2]
    if low.endswith("s") and not low.endswith(("ss", "us", "is")) and len(low) > 2:
        return low[:-1]
    return low


def plural(word: str) -> str:
    """The many of a singular word."""
    low = word.lower()
    if low in _UNCHANGING:
        return low
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if re.search(r"[^aeiou]y$", low):
        return low[:-1] + "ies"
    if low.endswith(("s", "sh", "ch", "x", "z")):
        return low + "es"
    return low + "s"


def is_plural(word: str) -> bool:
    """Whether the word reads as a plural: it has a singular that differs from it."""
    return singular(word) != word.lower()


def identifier(phrase: str) -> str:
    """A lower-case ASCII name for the phrase, or "" when nothing of it can be written so."""
    plain = unicodedata.normalize("NFKD", phrase).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain.lower().replace("'", "")).strip("_")
    if name[:1].isdigit() or name.startswith("sqlite"):
        name = f"the_{name}"
    return name[:60].rstrip("_")


def label(phrase: str) -> str:
    """The phrase as people read it: letters, digits, spaces and hyphens, first letter large."""
    text = re.sub(r"[^\w\s-]|_", " ", phrase.replace("'", ""))
    text = re.sub(r"\s+", " ", text).strip(" -")
    text = re.sub(r"\btodo", "to-do", text, flags=re.IGNORECASE)
    return text[:1].upper() + text[1:]
