"""The types of a record, which mypy knows, are those of the schema, which every line is held to."""

import functools
import subprocess
import sys
import types
import typing
from typing import Any, Literal, NotRequired, Required, get_args, get_origin

import pytest

from skein_scripts.base.tree import ROOT
from skein_scripts.records import shapes
from skein_scripts.records.results import CURRENT_VERSION
from skein_scripts.records.schema import assembled
from skein_scripts.records.workloads import field_names


def of_every_workload(schema: dict) -> dict:
    """The schema with one kind of cell: a field of any workload, which is null in the others."""
    parts, cell, whole = schema["$defs"], schema["$defs"]["cell"], schema["$defs"]["whole_cell"]
    names = cell["properties"]["workload"]["enum"]
    fields = {}
    for name in names:
        fields |= parts[f"{name}_cell"]["properties"]
    fields |= cell["properties"] | {"row": {"type": ["string", "null"]}}
    flat = cell | {"properties": fields}
    needed = flat | {"type": whole["type"], "required": whole["required"]}
    # The echo of a run that failed may be anything; of any other it is a cell.
    echo = {"echoed": {"$ref": "#/$defs/cell"}}
    run = parts["run"] | {"properties": parts["run"]["properties"] | echo}
    return schema | {"$defs": parts | {"cell": flat, "whole_cell": needed, "run": run}}


SCHEMA = of_every_workload(assembled(CURRENT_VERSION))
KINDS = {"session": shapes.Session, "run": shapes.Run, "session_end": shapes.SessionEnd}
PRIMITIVES = {int: "integer", float: "number", str: "string", bool: "boolean"}


def resolved(schema: dict) -> dict:
    """The schema that a reference is to; what stands beside a reference only describes."""
    while "$ref" in schema:
        schema = functools.reduce(dict.__getitem__, schema["$ref"].split("/")[1:], SCHEMA)
    return schema


def alternatives(schema: dict) -> list[dict]:
    """The schemas of which a value meets one, each with a single type."""
    schema = resolved(schema)
    parts = [part for key in ("oneOf", "anyOf") for part in schema.get(key, [])]
    if parts:
        return [one for part in parts for one in alternatives(part)]
    listed = schema.get("type")
    return [schema | {"type": one} for one in (listed if isinstance(listed, list) else [listed])]


def differences(where: str, hint: Any, schema: dict) -> list[str]:
    """What the type and the schema say differently, each with its path."""
    if hint in (Any, object):
        return []
    if values := allowed(schema):
        return of_words(where, hint, values)
    hints = get_args(hint) if get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    schemas = {one["type"]: one for one in alternatives(schema)}
    by_type = {type_of(one): one for one in hints}
    if schemas.keys() != by_type.keys():
        return [f"{where}: {sorted(by_type, key=str)} is {sorted(schemas, key=str)} in the schema"]
    return [line for kind, one in by_type.items() for line in inside(where, one, schemas[kind])]


def allowed(schema: dict) -> list[object]:
    schema = resolved(schema)
    return [schema["const"]] if "const" in schema else schema.get("enum", [])


def of_words(where: str, hint: Any, values: list[object]) -> list[str]:
    """A type that names no values allows all of their types."""
    hints = get_args(hint) if get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    named = {value for one in hints if get_origin(one) is Literal for value in get_args(one)} | {
        None for one in hints if one is types.NoneType
    }
    plain = [one for one in hints if one in PRIMITIVES]
    wrong = {value for value in values if value not in named and type(value) not in plain}
    wrong |= named - set(values)
    wrong |= {one for one in plain if not any(type(value) is one for value in values)}
    return [f"{where}: {wrong} is not in both"] if wrong else []


def type_of(hint: Any) -> str:
    """The JSON type of a Python type that is no union."""
    if hint is types.NoneType:
        return "null"
    if hint in PRIMITIVES:
        return PRIMITIVES[hint]
    return "array" if get_origin(hint) is list else "object"


def inside(where: str, hint: Any, schema: dict) -> list[str]:
    """Of an array's items, a map's values, an object's keys."""
    if get_origin(hint) is list:
        return differences(f"{where}[]", get_args(hint)[0], schema["items"])
    if get_origin(hint) is dict:
        values = schema.get("additionalProperties")
        return differences(f"{where}.*", get_args(hint)[1], values) if values else []
    return of_keys(where, hint, schema) if typing.is_typeddict(hint) else []


def of_keys(where: str, shape: Any, schema: dict) -> list[str]:
    hints = typing.get_type_hints(shape, include_extras=True)
    properties, needed = schema.get("properties", {}), schema.get("required", [])
    names = properties.keys() | set(needed)
    if where in ("run.cell", "run.echoed"):  # a workload's own fields are in its folder
        names -= set(field_names()) - hints.keys()
    found = [f"{where}.{name} is not in both" for name in sorted(hints.keys() ^ names)]
    for name in sorted(hints.keys() & names):
        hint, there = hints[name], name in needed
        if get_origin(hint) in (NotRequired, Required):
            is_needed, hint = get_origin(hint) is Required, get_args(hint)[0]
        else:
            is_needed = shape.__total__
        if there != is_needed:
            found.append(f"{where}.{name} is {'' if there else 'not '}required by the schema")
        found += differences(f"{where}.{name}", hint, properties.get(name, {}))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_shapes_are_those_of_the_schema(kind):
    assert of_keys(kind, KINDS[kind], SCHEMA["$defs"][kind]) == []


def planted(**fields: Any) -> Any:
    return typing.TypedDict("planted", fields)  # type: ignore[operator]


OBJECT = {
    "properties": {
        "count": {"$ref": "#/$defs/natural_or_null"},
        "mode": {"enum": ["open", None]},
        "many": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["many"],
}
AS_IT_IS = {
    "count": NotRequired[int | None], "mode": NotRequired[str | None], "many": list[str],
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "hint", "said"),
    [
        ("count", None, "planted.count is not in both"),
        ("counts", NotRequired[int], "planted.counts is not in both"),
        ("count", int | None, "planted.count is not required by the schema"),
        ("count", NotRequired[int], "planted.count: ['integer'] is ['integer', 'null'] in the"),
        ("count", NotRequired[float | None], "planted.count: ['null', 'number'] is ['integer'"),
        ("mode", NotRequired[str], "planted.mode: {None} is not in both"),
        ("mode", NotRequired[Literal["opened", "open"] | None], "planted.mode: {'opened'}"),
        ("many", NotRequired[list[str]], "planted.many is required by the schema"),
        ("many", list[int], "planted.many[]: ['integer'] is ['string'] in the schema"),
        ("many", str, "planted.many: ['string'] is ['array'] in the schema"),
    ],
)
def test_a_shape_that_is_not_the_schemas_is_found(field, hint, said):
    fields = {name: one for name, one in (AS_IT_IS | {field: hint}).items() if one is not None}
    assert of_keys("planted", planted(**AS_IT_IS), OBJECT) == []
    assert [line.startswith(said) for line in of_keys("planted", planted(**fields), OBJECT)] == [
        True
    ]


MISTYPED = """
from skein_scripts.records.shapes import Run
def read(run: Run) -> bool:
    return run["status"] == "ok" and not run.get("counted")
def misread(run: Run) -> object:
    return run["staus"] == "ok"
def missed(run: Run) -> bool:
    return not run.get("cuonted")
"""


def test_a_mistyped_key_is_an_error_of_mypy(tmp_path):
    path = tmp_path / "reader.py"
    path.write_text(MISTYPED, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--config-file", "scripts/pyproject.toml"]
    done = subprocess.run(
        [*mypy, "--cache-dir", str(tmp_path / "cache"), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in done.stdout.splitlines() if "error:" in line] == [
        f'{path}:6: error: TypedDict "Run" has no key "staus"  [typeddict-item]',
        f'{path}:8: error: There is no key "cuonted"  [typeddict-item]',
    ]
