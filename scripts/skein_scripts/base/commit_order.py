"""In which order commits stand in a trend: by their history, where git knows it. A commit that was
measured late is none the younger for it. Where git does not know all of them the order is that of
measuring, and said to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from . import git
from .tree import ROOT

T = TypeVar("T")
BY_HISTORY = "in the order of the commits' history"
_BY_TIME = "in the order of measuring"


def in_order(
    items: Sequence[T],
    commit_of: Callable[[T], str],
    time_of: Callable[[T], str],
    root: Path = ROOT,
) -> tuple[list[T], str]:
    """The items, oldest first, and what their order is. `time_of`: when an item was measured, as
    text that sorts; it decides between items of one commit, and where git does not."""
    by_time = sorted(items, key=time_of)
    commits = list(dict.fromkeys(map(commit_of, by_time)))
    try:
        # Children after their parents, and what is neither by its date.
        words = ("rev-list", "--date-order", "--reverse", "--ignore-missing", "--stdin")
        known = git.ask(root, *words, given="".join(f"{commit}\n" for commit in commits)).split()
    except git.GitError as error:
        return by_time, f"{_BY_TIME} ({error})"
    places = {commit: place for place, commit in enumerate(known)}
    unknown = [commit for commit in commits if commit not in places]
    if unknown:
        which = f"git does not know {len(unknown)} of {len(commits)} commits here"
        return by_time, f"{_BY_TIME} ({which}, {unknown[0][:12]} among them)"
    return sorted(by_time, key=lambda item: places[commit_of(item)]), BY_HISTORY
