"""Holds what workloads/*/cell.toml says to its keys: a declaration that cannot be is refused with
what is wrong about it, by name. Leaves out what is made of it (workloads.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name
from .run_shapes import DISTRIBUTIONS

Table = Mapping[str, Any]

OTHERWISE = "otherwise"  # in a phrase: the modes or patterns that have none of their own
KINDS = ("count", "size", "duration", "rate", "word", "seed")
_RUNS = ("served", "tasks")
_HEAD = (
    "id", "description", "run", "task", "tasks", "shape", "shapes", "samples", "measures",
    "leaves_out", "unfair", "page", "example", "field",
)  # fmt: skip
_MAY_HEAD = ("notes",)
_MUST_OF_SHAPE = ("does",)
_MAY_OF_SHAPE = ("measures", "leaves_out", "unfair")
_KEYS = (
    "name", "kind", "help", "in", "words", "type", "default", "test", "least", "most", "values",
    "share", "share_bounds", "none", "instead_of", "auto", "auto_default", "said", "measuring",
    "settable", "announced", "of", "alias", "id", "id_default", "phrase",
)  # fmt: skip
# Names and words are members and enumerators in C++.
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = (
    "and", "auto", "bool", "break", "case", "catch", "char", "class", "const", "continue",
    "default", "delete", "do", "double", "else", "enum", "explicit", "export", "extern", "false",
    "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable", "namespace", "new",
    "not", "operator", "or", "private", "protected", "public", "register", "return", "short",
    "signed", "sizeof", "static", "struct", "switch", "template", "this", "throw", "true", "try",
    "typedef", "union", "unsigned", "using", "virtual", "void", "volatile", "while", "xor",
)  # fmt: skip


def check_entries(entries: list[Table]) -> None:
    """Raises UsageError where a file has no fields, one without a name, or one twice."""
    names = [entry.get("name") for entry in entries]
    if not names or None in names:
        raise UsageError("a [[field]] has no name, or there is none")
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"field {name!r} is declared twice")


def check(head: Table, entries: list[Table]) -> None:
    """Raises UsageError for the first thing that cannot be. `entries` are the fields in the order
    in which a cell has them, those that all workloads have among them."""
    for key in head:
        check_name("key", key, (*_HEAD, *_MAY_HEAD))
    for key in _HEAD:
        if key not in head:
            raise UsageError(f"it has no {key}")
    check_name("run", head["run"], _RUNS)
    _check_samples(head["samples"])
    names = [entry.get("name", "") for entry in entries]
    for key in ("tasks", "shape"):
        check_name(f"field in {key}", head[key], names)
    shape_field = entries[names.index(head["shape"])]
    if (kind := shape_field.get("kind")) in KINDS and kind != "word":
        raise UsageError(f"shape: {head['shape']!r} is a {kind}; the kind of work is a word")
    shapes = shape_field.get("words", ())
    for place, entry in enumerate(entries):
        try:
            _check_field(entry, names[:place], names, shapes)
        except UsageError as error:
            raise UsageError(f"field {entry.get('name')!r}: {error}") from None
    _check_tasks(entries[names.index(head["tasks"])])
    _check_shape(shape_field)
    _check_shapes(head["shapes"], shapes)
    for shape in head.get("notes", {}):
        check_name("mode or pattern", shape, shapes)


def _check_shapes(said: object, shapes: Iterable[str]) -> None:
    """Each mode or pattern says what it does."""
    if not isinstance(said, Mapping):
        raise UsageError("shapes is a table for each mode or pattern: [shapes.NAME]")
    for shape in said:
        check_name("mode or pattern in shapes", shape, shapes)
    for shape in shapes:
        try:
            _check_texts(said.get(shape, {}))
        except UsageError as error:
            raise UsageError(f"shapes.{shape}: {error}") from None


def _check_texts(said: object) -> None:
    if not isinstance(said, Mapping):
        raise UsageError("it is a table of texts")
    for key, text in said.items():
        check_name("key", key, (*_MUST_OF_SHAPE, *_MAY_OF_SHAPE))
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{key} is a text, not {text!r}")
    for key in _MUST_OF_SHAPE:
        if key not in said:
            raise UsageError(f"it has no {key}")


def _check_samples(samples: object) -> None:
    if not isinstance(samples, list):
        raise UsageError("samples is a list, empty where a run has no distribution")
    for name in samples:
        check_name("distribution in samples", name, DISTRIBUTIONS)


def _check_tasks(entry: Table) -> None:
    if entry["kind"] != "count":
        raise UsageError(f"tasks: {entry['name']!r} is a {entry['kind']} and counts nothing")


def _check_shape(entry: Table) -> None:
    """A matrix, a title and an id take the shape from the settings, so it stands in all of them."""
    name = entry["name"]
    if not entry.get("settable", True):
        raise UsageError(f"field {name!r}: the shape must be settable")
    if not entry.get("said", False):
        raise UsageError(f"field {name!r}: the shape is said by every matrix (said = true)")


def _check_field(entry: Table, before: list[str], names: list[str], shapes: Iterable[str]) -> None:
    for key in entry:
        check_name("key", key, _KEYS)
    for key in ("name", "kind", "help"):
        if key not in entry:
            raise UsageError(f"it has no {key}")
    _check_names([entry["name"]])
    check_name("kind", entry["kind"], KINDS)
    for shape in (*entry.get("in", ()), *entry.get("share", {}), *entry.get("share_bounds", {})):
        check_name("mode or pattern", shape, shapes)
    if isinstance(phrases := entry.get("phrase", ""), Mapping):
        for shape in phrases:
            check_name("mode or pattern", shape, (*shapes, OTHERWISE))
    for key in ("least", "most"):
        if isinstance(entry.get(key), str):
            check_name(f"field before it in {key}", entry[key], before)
    if "instead_of" in entry:
        check_name("field in instead_of", entry["instead_of"], names)
    _check_words(entry)
    _check_values(entry)
    if entry.get("auto_default") and not (entry.get("auto") and {"of", "default"} <= entry.keys()):
        raise UsageError("auto_default goes with auto, of and a default")


def _check_words(entry: Table) -> None:
    words = entry.get("words", [])
    if (entry["kind"] == "word") != bool(words):
        raise UsageError("words are of kind word, and a word has some")
    _check_names(words)
    for key in ("default", "test"):
        if key in entry and words:
            check_name(f"word in {key}", str(entry[key]), words)
        elif isinstance(entry.get(key), str):
            raise UsageError(f"{key} is a number in the base unit, not {entry[key]!r}")


def _check_values(entry: Table) -> None:
    values = entry.get("values", [])
    if not values:
        return
    if entry["kind"] not in ("count", "size") or "least" in entry or "most" in entry:
        raise UsageError("values are of a count or a size, and leave no bounds to say")
    if list(values) != sorted(set(values)) or entry.get("default") not in values:
        raise UsageError("values rise, and the default is one of them")


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise UsageError(f"{name!r} cannot be a name in C++: lower case, digits, _; no keyword")
