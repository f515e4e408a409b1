"""What a workspace holds that its copy should: found by a walk, then kept up by what was touched since."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.change_watch import ChangeWatch
from codecompanion.orchestra.workspace.folder_tree import FolderListing, FolderTree
from codecompanion.orchestra.workspace.shadow_entries import Wanted

# what no event tells of (see ``ChangeWatch``) is seen after this time at the latest
_WALK_EVERY_S: Final = 60.0


class ShadowSource:
    """The files and links of a folder for its copy; ``dependencies`` and ``git_ignored`` as of the last look.

    An entry that did not change is the same object in two looks. With ``link_dependencies`` the folders of
    installed packages are links out of the copy.
    """

    def __init__(
        self,
        root: Path,
        *,
        link_dependencies: bool,
        most_files: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self._tree = FolderTree(root)
        self._watch = ChangeWatch(root)
        self._link_dependencies = link_dependencies
        self._most_files = most_files
        self._monotonic = monotonic
        self._listings: dict[str, FolderListing] = {}
        self._files: dict[str, Wanted] = {}
        self._shared: set[str] = set()
        self._walk_again_at: float | None = None
        self.dependencies: tuple[str, ...] = ()

    @property
    def git_ignored(self) -> list[str]:
        """The files that git's rules alone keep out."""
        return [listing.child(name) for listing in self._listings.values() for name in listing.git_ignored]

    def look(self) -> dict[str, Wanted]:
        """Return path → what the copy should hold there; raises ``WorkspaceError`` when it is too much."""
        touched = self._watch.touched()
        # what goes wrong on the way leaves nothing known, so that the next look is a walk
        walk_at, self._walk_again_at = self._walk_again_at, None
        known = touched is not None and walk_at is not None and self._monotonic() < walk_at
        if known and touched is not None and self._refresh(touched | self._shared):
            self._walk_again_at = walk_at
        else:
            self._walk()
        return self._files | dict(self._links())

    def regular(self, path: str) -> Wanted | None:
        """Return what a copy of the file should be, None when it is no regular file."""
        try:
            status = os.lstat(f"{self.root}/{path}")
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_nlink > 1:
            # written through its other name it gives no event here
            self._shared.add(path)
        return Wanted.copied(status)

    def _walk(self) -> None:
        # watched before the look that counts: what changes in between is seen by one of the two
        for listing in self._tree.walk():
            self._watch.watch(listing.path)
        self._watch.touched()
        self._listings.clear()
        self._shared.clear()
        before, self._files = self._files, {}
        all_watched = True
        for listing in self._tree.walk():
            all_watched = self._watch.watch(listing.path) and all_watched
            self._listings[listing.path] = listing
            for path in map(listing.child, listing.files):
                self._note(path, before.get(path))
            self._require_few()
        self._note_dependencies()
        self._walk_again_at = self._monotonic() + _WALK_EVERY_S if all_watched else None

    def _refresh(self, touched: frozenset[str] | set[str]) -> bool:
        """Look again at what was touched; return False when that would not be enough."""
        for folder in {path.rpartition("/")[0] for path in touched}:
            known, now = self._listings.get(folder), self._tree.look_again(folder)
            if known is None or now is None or not _same_shape(known, now):
                return False
            self._listings[folder] = now
            for name in set(known.files).difference(now.files):
                self._files.pop(now.child(name), None)
            for path in map(now.child, now.files):
                if path in touched or path not in self._files:
                    self._note(path, self._files.pop(path, None))
        self._require_few()
        return True

    def _note(self, path: str, before: Wanted | None) -> None:
        now = self.regular(path)
        if now is not None:
            self._files[path] = before if before == now and before is not None else now

    def _note_dependencies(self) -> None:
        found = (listing.child(name) for listing in self._listings.values() for name in listing.dependencies)
        self.dependencies = tuple(sorted(found))

    def _links(self) -> Iterator[tuple[str, Wanted]]:
        """Yield the links, each looked at anew: where it leads may have changed without it."""
        for listing in self._listings.values():
            for path in map(listing.child, listing.links):
                if target := self._inner_target(path):
                    yield path, Wanted(target, link=target)
        if self._link_dependencies:
            for path in self.dependencies:
                target = str(self.root / path)
                yield path, Wanted(target, link=target)

    def _inner_target(self, path: str) -> str:
        """Return where a link of the workspace leads, as seen from it; empty when it leads out or nowhere."""
        real = Path(os.path.realpath(self.root / path))
        if self.root not in real.parents or not real.exists():
            return ""
        return os.path.relpath(real, self.root / path.rpartition("/")[0])

    def _require_few(self) -> None:
        if len(self._files) > self._most_files:
            raise WorkspaceError(
                f"the workspace holds more than {self._most_files:,} files, too many to copy for a test run; "
                "name folders that tests do not need in .gitignore or .aiignore"
            )


def _same_shape(known: FolderListing, now: FolderListing) -> bool:
    """Whether a folder's rules and the folders in it are as they were, so that only its files may differ."""
    return known.rules is now.rules and known.folders == now.folders and known.dependencies == now.dependencies
