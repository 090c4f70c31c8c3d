"""Calls of git. Whatever git refuses is an error with git's own reason: that a checkout belongs to
another user is no unknown revision. Leaves out what the answers mean."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .errors import MeasureError

_TIMEOUT_S = 120
# A hook of git's is started with these, and they name another tree than the one we ask about.
_OF_ANOTHER_TREE = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
)  # fmt: skip


class GitError(MeasureError):
    """Git could not be asked, or refused."""


class SilentRefusalError(GitError):
    """Git said no and gave no reason, as it does where it is told to be quiet: what it was asked
    about is not there."""


def ask(root: Path, *words: str, given: str = "") -> str:
    """What `git WORDS` prints in a folder, without white space around it, `given` on its standard
    input. Raises GitError."""
    environment = {k: v for k, v in os.environ.items() if k not in _OF_ANOTHER_TREE}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            env=environment,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git {words[0]} gave no answer within {_TIMEOUT_S} s") from error
    except OSError as error:
        raise GitError(f"cannot start git: {error.strerror}") from error
    if done.returncode != 0:
        if reason := done.stderr.strip():
            raise GitError(f"git {words[0]}: {reason}")
        raise SilentRefusalError(f"git {words[0]} ended with {done.returncode}")
    return done.stdout.strip()
