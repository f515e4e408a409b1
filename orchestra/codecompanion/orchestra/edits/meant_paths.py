"""Which file a reply means by a name that is not the path of one: models leave out folders, or add some."""

from collections.abc import Iterable


def names_of(file: str, names: Iterable[str]) -> set[str]:
    """Return those of the names that mean ``file``: of those with its own last part, the most alike.

    A name that leads upwards means none.
    """
    parts = _parts(file)
    alike = {name: _common_end(parts, _parts(name)) for name in names if ".." not in _parts(name)}
    most = max(alike.values(), default=0)
    return {name for name, count in alike.items() if count == most and count > 0}


def whole_names_of(file: str, names: Iterable[str]) -> set[str]:
    """Return those of ``names_of`` that leave out folders of the file's path, or are absolute and end with it.

    Others may well be the names of further files.
    """
    parts = _parts(file)
    return {name for name in names_of(file, names) if _is_whole(parts, name)}


def _is_whole(parts: list[str], name: str) -> bool:
    common = _common_end(parts, _parts(name))
    return common == len(_parts(name)) or (name.startswith("/") and common == len(parts))


def meant_of(name: str, files: Iterable[str]) -> str:
    """Return the one of the files that a name means, '' where it is none of them or more than one."""
    meant = [file for file in files if whole_names_of(file, [name])]
    return meant[0] if len(meant) == 1 else ""


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").strip().split("/") if part not in {"", "."}]


def _common_end(left: list[str], right: list[str]) -> int:
    count = 0
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if one.casefold() != other.casefold():
            break
        count += 1
    return count
