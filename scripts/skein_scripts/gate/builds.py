"""The two binaries of a gate: revisions of this repository built in trees of their own, or binaries
that are there already. Trees are kept and named by their commit, so that a revision is built once.

Leaves out measuring them (paired_runs.py).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..base import git
from ..base.errors import MeasureError, UsageError
from ..base.tree import ROOT

_LAST_WORDS = 15
_BUILD_TIMEOUT_S = 1800


@dataclass(frozen=True)
class Build:
    """A binary to measure, and what to call it."""

    label: str
    skein: Path
    commit: str | None


class UnknownRevisionError(UsageError):
    """Git knows no such revision."""


def resolve(revision: str, root: Path = ROOT) -> str:
    """The commit that a revision names. Raises UnknownRevisionError, or UsageError where git cannot
    say."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    try:
        return git.ask(root, *words)
    except git.SilentRefusalError:
        raise UnknownRevisionError(
            f"'{revision}' is no revision of {root}: name a commit, branch or tag"
        ) from None
    except git.GitError as error:
        raise UsageError(f"git cannot say whether '{revision}' is a revision: {error}") from error


def require_clean(root: Path = ROOT) -> None:
    """Raises UsageError where the tree has changes that no revision has: they would be measured
    under the name of a commit, or not at all."""
    if _has_changes(root):
        raise UsageError(
            f"{root} has changes that are not committed: commit or stash them, or name a built"
            " binary with --base-binary and --candidate-binary"
        )


def build(
    revision: str, folder: Path, root: Path = ROOT, targets: Sequence[str] = ("skein",)
) -> Build:
    """Builds the program of a revision. Raises UsageError, or MeasureError with the end of the log
    where it does not build."""
    commit = resolve(revision, root)
    tree = (folder / commit[:12]).absolute()
    if tree.exists():
        _require_checkout(tree, commit)
    else:
        try:
            git.ask(root, "worktree", "prune")  # of folders that are gone: their names are free
            git.ask(root, "worktree", "add", "--detach", "--quiet", str(tree), commit)
        except git.GitError as error:
            raise MeasureError(f"cannot check {revision} out into {tree}: {error}") from error
    log, cpus = folder / f"{commit[:12]}.log", str(len(os.sched_getaffinity(0)))
    for command in (
        ["cmake", "--preset", "release", "-DBUILD_TESTING=OFF", "-DSKEIN_MICRO=OFF"],
        ["cmake", "--build", "--preset", "release", "-j", cpus, "--target", *targets],
    ):
        _run(command, tree, log, revision)
    return Build(f"{revision} ({commit[:12]})", tree / "build" / "release" / "skein", commit)


def _require_checkout(tree: Path, commit: str) -> None:
    """Raises MeasureError where a tree that is there is not what its name says."""
    try:
        is_it = git.ask(tree, "rev-parse", "HEAD") == commit and not _has_changes(tree)
        why = ""
    except git.GitError as error:
        is_it, why = False, f" ({error})"
    if not is_it:
        raise MeasureError(f"{tree} is no clean checkout of {commit[:12]}: remove it{why}")


def _has_changes(root: Path) -> bool:
    return git.ask(root, "status", "--porcelain", "--untracked-files=no") != ""


def _run(command: list[str], tree: Path, log: Path, revision: str) -> None:
    try:
        with log.open("ab") as file:
            done = subprocess.run(
                command,
                cwd=tree,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=_BUILD_TIMEOUT_S,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MeasureError(f"building {revision}: {error}") from error
    if done.returncode != 0:
        end = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_WORDS:]
        words = "\n  ".join(end)
        raise MeasureError(f"{revision} does not build ({log}):\n  {words}")


def existing(path: Path) -> Build:
    """A binary that is there. Raises UsageError."""
    if not path.is_file() or not os.access(path, os.X_OK):
        raise UsageError(f"there is no program at {path}")
    return Build(str(path), path.absolute(), None)
