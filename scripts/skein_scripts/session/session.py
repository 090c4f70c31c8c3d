"""The `session` line of a matrix: what `skein session` says of build and machine, completed with
what only the matrix knows (command line, seed, plan, hash of the configuration)."""

from __future__ import annotations

import json
from typing import Any

from ..base import git, jsonl
from ..base.errors import MeasureError, warn
from ..base.inherited import recordable
from ..base.tree import ROOT
from ..matrix.matrix import Matrix
from ..matrix.plan import Slot, plan_record
from ..records.results import RecordError, parse_line, upgrade, validate
from ..records.shapes import Run, Session, SessionHost
from .skein_process import Skein
from .this_host import this_host

_SESSION_TIMEOUT_S = 60.0


def make_session(
    skein: Skein,
    matrix: Matrix,
    slots: list[Slot],
    argv: list[str],
    cpu_options: list[str],
    host: SessionHost | None = None,
) -> Session:
    """A complete session record; the slots are those of the whole matrix. Raises MeasureError where
    the binary gives no usable one."""
    argv = [recordable(word) for word in argv]
    text = _session_text(skein, argv, cpu_options)
    try:
        session = upgrade(json.loads(text))
        session |= {
            "argv": argv,
            "seed": matrix.seed,
            "plan": plan_record(matrix, slots),
            "config_sha256": matrix.config_sha256(),
            "host": host or this_host(),
        }
        session["tool"] = _with_commit(session.get("tool") or {})
        record = validate(session)
    except (ValueError, RecordError) as error:
        raise MeasureError(f"'{skein.path} session' gave no session record: {error}") from error
    if record["kind"] != "session":
        raise MeasureError(f"'{skein.path} session' gave a {record['kind']} record")
    return record


def _session_text(skein: Skein, argv: list[str], cpu_options: list[str]) -> str:
    ending = skein.call(["session", "--argv", json.dumps(argv), *cpu_options], _SESSION_TIMEOUT_S)
    if ending.exit_status != 0:
        last_words = "".join(f"\n  {line}" for line in ending.stderr_tail)
        raise MeasureError(f"'{skein.path} session' {ending.describe()}{last_words}")
    return ending.stdout


def session_again(skein: Skein, argv: list[str], cpu_options: list[str]) -> Session | str:
    """The machine as it is now, for comparison with the session's first line; text that says why
    where it cannot be had, since the runs that are there are worth their closing line."""
    try:
        record = parse_line(_session_text(skein, argv, cpu_options))
    except (MeasureError, RecordError) as error:
        return str(error)
    return record if record["kind"] == "session" else f"it gave a {record['kind']} record"


def _with_commit(tool: dict[str, Any]) -> dict[str, Any]:
    """Fills in commit and dirty from git where the binary does not know them; where git does not
    either, nobody does."""
    if tool.get("commit") is None:
        try:
            tool["commit"] = git.ask(ROOT, "rev-parse", "HEAD")
            tool["dirty"] = git.ask(ROOT, "status", "--porcelain", "--untracked-files=no") != ""
        except git.GitError as error:
            tool |= {"commit": None, "dirty": None}
            warn(f"the commit is not known: {error}")
    return tool


def read_runtimes(skein: Skein) -> list[str]:
    """The runtimes this binary has, from `skein list --json`."""
    ending = skein.call(["list", "--json"], _SESSION_TIMEOUT_S)
    try:
        return [str(entry["id"]) for entry in json.loads(ending.stdout)["runtimes"]]
    except (ValueError, KeyError, TypeError) as error:
        last_words = "".join(f"\n  {line}" for line in ending.stderr_tail)
        raise MeasureError(
            f"'{skein.path} list --json' {ending.describe()} and gave no list{last_words}"
        ) from error


def read_run(text: str) -> Run:
    """The one run line that a call of `skein run` wrote. Raises RecordError."""
    lines = [line for _, line in jsonl.lines_of(text)]
    if len(lines) != 1:
        raise RecordError(f"{len(lines)} lines instead of one run record")
    record = parse_line(lines[0])
    if record["kind"] != "run":
        raise RecordError(f"a {record['kind']} record instead of a run")
    return record
