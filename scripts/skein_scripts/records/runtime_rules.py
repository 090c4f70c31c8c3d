"""Holds what runtimes/*/runtime.toml says to its keys: a manifest that cannot be is refused with
what is wrong about it, by name. Leaves out what is made of it (runtimes.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name
from .workloads import workloads

Table = Mapping[str, Any]

OURS = "C++"
# What the words mean, in the order in which families are shown.
FAMILIES = {
    "stackless": "coroutines: a frame holds what a task needs while it waits",
    "stackful": "fibers, goroutines, virtual threads: each task has a stack",
    "thread": "a thread of the kernel for each task",
    "callback": "no task at all: the loop calls what was registered",
    "future": "state machines that a poll drives on, as in Rust",
    "floor": "the hand-written epoll loop that the others are held against",
}
MARKERS = ".ov^<>8sp*hHDdPX"  # the filled ones of matplotlib, which is not loaded for a check
_MUST = ("id", "order", "family", "colour", "marker")
_MAY = (
    "language", "run", "build", "test", "tools", "needs", "buffers", "reference", "cannot", "about",
    "unfair", "source",
)  # fmt: skip
_TEXTS = ("about", "unfair", "source")
LISTS = ("run", "build", "test", "tools", "buffers")
TABLES = ("needs", "cannot")


def check_file(table: Table) -> None:
    """Raises UsageError where a manifest is not [[runtime]], once or several times."""
    for key in table:
        check_name("table", key, ("runtime",))
    entries = table.get("runtime")
    tables = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not entries or not tables:
        raise UsageError("it needs [[runtime]], in two brackets, for each runtime")
    for entry in entries:
        name = entry.get("id")
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise UsageError(f"an id is lower case letters, digits and _, not {_shown(name)}")


def check(entry: Table) -> None:
    """Raises UsageError for the first thing in one [[runtime]] that cannot be."""
    try:
        _check_keys(entry)
        _check_types(entry)
        _check_looks(entry)
        _check_work(entry)
    except UsageError as error:
        raise UsageError(f"runtime {entry['id']!r}: {error}") from None


def check_distinct(entries: list[tuple[str, Table]]) -> None:
    """Raises UsageError where two runtimes, each with the file it is in, would be told apart by
    nothing: in lists, in their order, in a figure."""
    same: dict[str, Callable[[Table], Hashable]] = {
        "id": lambda entry: entry["id"],
        "order": lambda entry: entry["order"],
        "colour and marker": lambda entry: (entry["colour"].upper(), entry["marker"]),
    }
    for what, key_of in same.items():
        seen: dict[Hashable, tuple[str, Table]] = {}
        for file, entry in entries:
            first_file, first = seen.setdefault(key_of(entry), (file, entry))
            if first is not entry:
                raise UsageError(
                    f"{file}: runtime {entry['id']!r} has the {what} of {first['id']!r} in"
                    f" {first_file}: {_said(what, entry)} (runtimes/README.md)"
                )


def _said(what: str, entry: Table) -> str:
    return ", ".join(str(entry[name]) for name in what.split(" and "))


def _check_keys(entry: Table) -> None:
    for key in entry:
        check_name("key", key, (*_MUST, *_MAY))
    for key in _MUST:
        if key not in entry:
            raise UsageError(f"it has no {key}")


def _check_types(entry: Table) -> None:
    order = entry["order"]
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise UsageError(f"order is a whole number from 1, not {_shown(order)}")
    if not isinstance(entry.get("reference", True), bool):
        raise UsageError(f"reference is true or false, not {_shown(entry['reference'])}")
    if not _is_text(entry.get("language", OURS)):
        raise UsageError(f"language is a name, not {_shown(entry['language'])}")
    for key in _TEXTS:
        if not _is_text(entry.get(key, "left out")):
            raise UsageError(f"{key} is a text, not {_shown(entry[key])}")
    for key in LISTS:
        value = entry.get(key, ["left out"])
        if not isinstance(value, list) or not value or not all(map(_is_text, value)):
            raise UsageError(f'{key} is a list of words, ["perl", "x"], not {_shown(value)}')
    for key in TABLES:
        value = entry.get(key, {})
        if not isinstance(value, dict) or not all(map(_is_text, value.values())):
            raise UsageError(f'{key} is a table of texts, {{ name = "text" }}, not {_shown(value)}')


def _check_looks(entry: Table) -> None:
    check_name("family", str(entry["family"]), FAMILIES)
    colour, marker = entry["colour"], entry["marker"]
    if not isinstance(colour, str) or not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        raise UsageError(f"colour is #RRGGBB, not {_shown(colour)}")
    usual = isinstance(marker, str) and len(marker) == 1 and marker in MARKERS
    if not usual and not (isinstance(marker, str) and re.fullmatch(r"\$[A-Za-z0-9]\$", marker)):
        raise UsageError(
            f"marker is one of {' '.join(MARKERS)}, or a letter or digit as $T$,"
            f" not {_shown(marker)}"
        )


def _check_work(entry: Table) -> None:
    language = entry.get("language", OURS)
    if language != OURS and "run" not in entry:
        raise UsageError(f"it has no run, and the binary has nothing written in {language}")
    declared = workloads()
    buffers = [each.settings["buffer"].words for each in declared.values()
               if "buffer" in each.settings]  # fmt: skip
    for buffer in entry.get("buffers", ()):
        check_name("buffer", buffer, [word for words in buffers for word in words])
    work = [*declared]
    work += [f"{name}/{shape}" for name, each in declared.items() for shape in each.shapes]
    for name in entry.get("cannot", {}):
        check_name("workload, or workload/mode, in cannot", name, work)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _shown(value: Any) -> str:
    return "left out" if value is None else repr(value)
