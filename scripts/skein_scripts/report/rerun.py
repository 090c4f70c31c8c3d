"""The command that measures a session again, as far as its record tells: its own words, into
another folder, with the seed it had. Leaves out running it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import PurePath

from ..records.shapes import Session

_OUTPUT, _RESUME, _SEED, _PRESET, _MATRIX = (
    "--output", "--resume", "--seed", "--preset", "--matrix",
)  # fmt: skip
_AGAIN = "out/again"
_MATRIX_PROGRAM = "run_matrix.py"


def commands(session: Session) -> list[str]:
    """The lines to type, from the root of the tree; empty where the record has no words."""
    words = list(session.get("argv") or [])
    if not words:
        return []
    lines = [shlex.join([_program(words[0]), *_arguments(words, session)])]
    commit = session["tool"].get("commit")
    return [f"git checkout {shlex.quote(commit)}", *lines] if commit else lines


def _program(word: str) -> str:
    name = PurePath(word).name
    return f"scripts/{name}" if name.endswith(".py") else f"build/release/{name}"


def _arguments(words: Sequence[str], session: Session) -> list[str]:
    """The words behind the program, with another folder, and with what went without saying."""
    plan = session.get("plan")
    kept = _into_another_folder(words[1:])
    if not plan or not plan.get("cells") or PurePath(words[0]).name != _MATRIX_PROGRAM:
        return kept
    preset, seed = plan.get("preset"), session.get("seed")
    if preset and not _has(kept, _PRESET) and not _has(kept, _MATRIX):
        kept += [_PRESET, preset]
    if seed is not None and not _has(kept, _SEED):
        kept += [_SEED, str(seed)]
    return kept


def _into_another_folder(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        if before == _OUTPUT:
            kept.append(_AGAIN)
        elif word.startswith(f"{_OUTPUT}="):
            kept.append(f"{_OUTPUT}={_AGAIN}")
        elif word != _RESUME:
            kept.append(word)
    return kept


def _has(words: Sequence[str], option: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in words)
