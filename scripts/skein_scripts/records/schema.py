"""The schema of a results file (results/schema): the part that is written by hand, and the cells,
which follow from the declarations of the workloads.

Results are checked against the two together, so a declared field is known at once. The file in the
tree has both, for other readers; scripts/schema.py writes it anew, and a test holds it to the
declarations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..base.tree import ROOT
from .workloads import RATE, WORD, Field, Workload, workloads

Schema = dict[str, Any]

SCHEMA_FOLDER = ROOT / "results" / "schema"
MARK = "Written by scripts/schema.py from workloads/*/cell.toml: change those."

# Declared after the first files of version 1 had been written, which do not have them.
ADDED_IN_VERSION_1 = frozenset(
    {
        "arrival",
        "depth",
        "grid_ns",
        "handler_wait_ns",
        "handler_work",
        "held_bytes",
        "loops",
        "pipeline",
        "read_timeout_ns",
        "strategy",
        "timers",
    }
)

_NULL = {"type": "null"}
_BY_ALL = {"runtime": {"$ref": "#/$defs/runtime"}, "style": {"type": ["string", "null"]}}
# Rows of skein_micro: no workload, so nothing declares them.
_MICRO = {
    "properties": {
        "workload": {"const": "micro"},
        **_BY_ALL,
        "row": {
            "type": "string",
            "description": "the row of skein_micro without its runtime, e.g. timer_insert/10000",
        },
    },
    "required": ["row"],
}


def path_of(version: int) -> Path:
    """The file of a version of the format."""
    return SCHEMA_FOLDER / f"v{version}.json"


def assembled(version: int) -> Schema:
    """The schema of a version, with cells as they are declared now."""
    schema: Schema = json.loads(path_of(version).read_text(encoding="utf-8"))
    by_hand = {name: part for name, part in schema["$defs"].items() if part.get("$comment") != MARK}
    schema["$defs"] = cell_definitions() | by_hand
    return schema


def text_of(schema: Schema) -> str:
    """The text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def cell_definitions() -> Schema:
    """`cell` is what may stand in a cell and in its echo, `whole_cell` what a cell must have."""
    cells = {one.id: _fields_of(one) for one in workloads().values()} | {"micro": _MICRO}
    names = dict.fromkeys(name for cell in cells.values() for name in cell["properties"])
    kinds = {
        f"{workload}_cell": {
            "$comment": MARK,
            "properties": cell["properties"],
            "additionalProperties": _NULL,  # a field of another workload
        }
        for workload, cell in cells.items()
    }
    parts = {workload: {"$ref": f"#/$defs/{workload}_cell"} for workload in cells}
    needs = {workload: {"required": cell["required"]} for workload, cell in cells.items()}
    return {
        "cell": {
            "$comment": MARK,
            "type": ["object", "null"],
            "properties": {"workload": {"enum": list(cells)}},
            "propertyNames": {"enum": list(names)},
            "allOf": _by_workload(parts),
        },
        "whole_cell": {
            "$comment": MARK,
            "description": "What was asked for; null where it does not apply. Fields of other"
            " workloads may be left out.",
            "$ref": "#/$defs/cell",
            "type": "object",
            "required": ["workload", "runtime"],
            "allOf": _by_workload(needs),
        },
        **kinds,
    }


def _by_workload(parts: Schema) -> list[Schema]:
    return [
        {
            "if": {
                "type": "object",
                "properties": {"workload": {"const": workload}},
                "required": ["workload"],
            },
            "then": part,
        }
        for workload, part in parts.items()
    ]


def _fields_of(workload: Workload) -> Schema:
    recorded = [field for field in workload.fields if not field.measuring]
    needed = [field.name for field in recorded if field.name not in ADDED_IN_VERSION_1]
    fields = {field.name: _type_of(field) | {"description": field.help} for field in recorded}
    return {
        "properties": {"workload": {"const": workload.id}, **_BY_ALL, **fields},
        "required": ["style", *needed],
    }


def _type_of(field: Field) -> Schema:
    if field.kind == WORD:
        return {"enum": [*field.words, None]}
    return {"$ref": f"#/$defs/{'number_or_null' if field.kind == RATE else 'natural_or_null'}"}
