"""Writes the C++ side of workloads/*/cell.toml: for each workload a header with its cell as a
structure, its words as enumerations and its fields as a table; and one header that names them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ..records.workloads import (
    COUNT,
    DURATION,
    RATE,
    SEED,
    SIZE,
    WORD,
    Field,
    ShapeTexts,
    Workload,
    common_names,
    workloads,
)
from .header import write_header

_NUMBERS = {
    COUNT: "std::int64_t", SIZE: "std::int64_t", DURATION: "time_ns",
    RATE: "double", SEED: "std::uint64_t",
}  # fmt: skip
_INCLUDES = """#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "runtimes/clock.hpp"
#include "runtimes/options.hpp"
"""


def write(folder: Path) -> None:
    """Writes the headers into the folder."""
    all_of_them = list(workloads().values())
    shared = [field for field in all_of_them[0].fields if field.name in common_names()]
    write_header(folder / "common.hpp", "workloads/common.toml", _common_header(shared))
    for workload in all_of_them:
        source = f"workloads/{workload.id}/cell.toml"
        write_header(folder / workload.id / "cell.hpp", source, _header(workload))
    write_header(folder / "cells.hpp", "workloads/*/cell.toml", _list(all_of_them))


# --- the structures ---


def _is_plain(field: Field) -> bool:
    """Whether every cell of the workload has a value in it."""
    has_value = field.default is not None and field.none is None
    null_elsewhere = field.of and not field.auto_default
    return has_value and not (field.measuring or field.shapes or null_elsewhere)


def _type(namespace: str, field: Field) -> str:
    named = field.type or f"skein::{namespace}::{field.name}"
    kind = named if field.kind == WORD else _NUMBERS[field.kind]
    return kind if _is_plain(field) else f"std::optional<{kind}>"


def _member(namespace: str, field: Field) -> str:
    kind = _type(namespace, field)
    if not _is_plain(field):
        return f"  {kind} {field.name} = {{}};"
    usual = f"{kind}::{field.default}" if field.kind == WORD else str(field.default)
    return f"  {kind} {field.name} = {usual};"


def _structure(name: str, namespace: str, fields: list[Field], own: Iterable[str] = ()) -> str:
    self, visit = ("of", "visit") if fields else ("", "")
    visits = [f'    visit("{field.name}", of.{field.name});' for field in fields]
    return "\n".join(
        [
            f"struct {name} {{",
            *own,
            *[_member(namespace, field) for field in fields],
            "  template <class Self, class Visit>",
            f"  static void for_each_field(Self& {self}, Visit&& {visit}) {{",
            *visits,
            "  }\n};\n",
        ]
    )


def _usual(fields: list[Field]) -> str:
    """The defaults that are numbers, for code that asks for one by name."""
    numbers = [
        f"inline constexpr {_NUMBERS[field.kind]} {field.name} = {field.default};"
        for field in fields
        if field.kind != WORD and field.default is not None
    ]
    return "\n".join(["namespace usual {", *numbers, "}  // namespace usual\n"])


def _enumerations(namespace: str, fields: Iterable[Field]) -> str:
    parts = []
    for field in fields:
        if field.kind != WORD:
            continue
        room, _, name = (field.type or f"skein::{namespace}::{field.name}").rpartition("::")
        parts.append(f"namespace {room} {{")
        if field.type is None:
            parts.append(f"enum class {name} : std::uint8_t {{ {', '.join(field.words)} }};")
        for place, word in enumerate(field.words):
            parts.append(f"static_assert(static_cast<int>({name}::{word}) == {place});")
        listed = ", ".join(_text(word) for word in field.words)
        parts.append("/// The words of the enumeration, in the order of its values.")
        parts.append(
            f"constexpr std::array<std::string_view, {len(field.words)}> words_of({name}) noexcept"
            f" {{\n  return {{{listed}}};\n}}\n}}"
        )
    return "\n".join(parts)


def _header(workload: Workload) -> str:
    shared = common_names()
    own = [field for field in workload.fields if field.name not in shared]
    cell = [field for field in own if not field.measuring]
    measuring = [field for field in own if field.measuring]
    facts = [
        f"  using workload = skein::{workload.id}::workload;",
        f"  using measuring = skein::{workload.id}::measuring;",
        f'  static constexpr std::string_view id = "{workload.id}";',
        f"  [[nodiscard]] std::int64_t count() const noexcept {{ return {workload.tasks}; }}",
        "  [[nodiscard]] std::string_view shape_word() const noexcept {",
        f"    return workloads::word_of({workload.shape});",
        "  }",
    ]
    return "\n".join(
        [
            _INCLUDES + '#include "workloads/field.hpp"\n',
            _enumerations(workload.id, own),
            f"namespace skein::{workload.id} {{\n",
            f"struct workload;  // workloads/{workload.id}/workload.hpp\n",
            _usual(own),
            "/// How a cell of this workload is measured.",
            _structure("measuring", workload.id, measuring),
            f"/// {workload.description}.",
            _structure("cell", workload.id, cell, facts),
            _table(workload),
            f"}}  // namespace skein::{workload.id}\n",
        ]
    )


def _common_header(fields: list[Field]) -> str:
    cell = [field for field in fields if not field.measuring]
    measuring = [field for field in fields if field.measuring]
    return "\n".join(
        [
            _INCLUDES + '#include "workloads/field.hpp"\n',
            _enumerations("workloads", fields),
            "namespace skein::workloads {\n",
            _usual(fields),
            "/// What the cells of all workloads have.",
            _structure("common_fields", "workloads", cell),
            "/// How a cell of any workload is measured.",
            _structure("common_measuring", "workloads", measuring),
            "}  // namespace skein::workloads\n",
        ]
    )


def _list(all_of_them: list[Workload]) -> str:
    names = [workload.id for workload in all_of_them]
    return "\n".join(
        [
            "#include <array>\n#include <variant>\n",
            '#include "generated/workloads/common.hpp"',
            *[f'#include "generated/workloads/{name}/cell.hpp"' for name in names],
            "\nnamespace skein::workloads {\n",
            "/// The cell of one workload: its fields without those that all have.",
            f"using any_cell = std::variant<{', '.join(f'{name}::cell' for name in names)}>;",
            "using any_measuring =",
            f"    std::variant<{', '.join(f'{name}::measuring' for name in names)}>;",
            f"inline constexpr std::array<const declaration*, {len(names)}> declarations{{",
            f"    {', '.join(f'&{name}::declared' for name in names)}}};\n",
            "}  // namespace skein::workloads\n",
        ]
    )


# --- the table of fields ---


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _table(workload: Workload) -> str:
    parts = []
    for field in workload.fields:
        for name, words in (("words", field.words), ("shapes", field.shapes)):
            if words:
                texts = [_text(word) for word in words]
                parts.append(_array(f"{field.name}_{name}", "std::string_view", texts))
        if field.values:
            values = [str(value) for value in field.values]
            parts.append(_array(field.name + "_values", "std::int64_t", values))
        if field.share:
            bounds = field.share_bounds or {}
            rows = [
                f"workloads::share{{{_text(shape)}, {percent}, {low}, {high}}}"
                for shape, percent in field.share.items()
                for low, high in [bounds.get(shape, (0, 100))]
            ]
            parts.append(_array(field.name + "_shares", "workloads::share", rows))
    rows = [_row(field) for field in workload.fields]
    parts.append(_array("fields", "workloads::field", rows))
    rows = [_shape_row(word, workload.shape_texts[word]) for word in workload.shapes]
    parts.append(_array("shapes", "workloads::shape_texts", rows))
    facts = [
        f".id = {_text(workload.id)}", f".description = {_text(workload.description)}",
        f".measures = {_text(workload.measures)}", f".leaves_out = {_text(workload.leaves_out)}",
        f".unfair = {_text(workload.unfair)}", f".example = {_text(workload.example)}",
        f".page = {_text(workload.page)}",
        f".run = workloads::run_kind::{workload.run}", f".task = {_text(workload.task)}",
        f".tasks = {_text(workload.tasks)}", f".shape = {_text(workload.shape)}",
        ".shapes = of_declaration::shapes",
        ".fields = of_declaration::fields",
    ]  # fmt: skip
    return "\n".join(
        [
            "namespace of_declaration {",
            *parts,
            "}  // namespace of_declaration\n",
            f"inline constexpr workloads::declaration declared{{{', '.join(facts)}}};\n",
        ]
    )


def _array(name: str, kind: str, items: list[str]) -> str:
    listed = ",\n    ".join(items)
    return f"inline constexpr std::array<{kind}, {len(items)}> {name}{{\n    {listed}}};"


def _shape_row(word: str, texts: ShapeTexts) -> str:
    said = [f".{name} = {_text(text)}" for name, text in asdict(texts).items() if text]
    return "workloads::shape_texts{" + ", ".join([f".word = {_text(word)}", *said]) + "}"


def _row(field: Field) -> str:
    facts = [
        f".name = {_text(field.name)}",
        f".option = {_text('--' + field.setting.replace('_', '-'))}",
        f".kind = workloads::field_kind::{field.kind}",
        f".help = {_text(field.help)}",
    ]
    if field.alias:
        facts.append(f".alias = {_text('--' + field.alias)}")
    if field.shapes:
        facts.append(f".shapes = {field.name}_shapes")
    if field.words:
        facts.append(f".words = {field.name}_words")
    for name in ("least", "most"):
        bound = getattr(field, name)
        if bound is not None:
            number, other = (0, bound) if isinstance(bound, str) else (bound, "")
            facts.append(f".{name} = workloads::bound{{{number}, {_text(other)}}}")
    if field.values:
        facts.append(f".values = {field.name}_values")
    for name, value in (("usual", field.default), ("test", field.test)):
        if isinstance(value, str):
            facts.append(f".{name}_word = {_text(value)}")
        elif value is not None:
            facts.append(f".{name} = {value}")
    if field.share:
        facts.append(f".shares = {field.name}_shares")
    if field.none is not None:
        facts.append(f".none = {field.none}")
    for name in ("instead_of", "of", "id"):
        if getattr(field, name):
            facts.append(f".{name} = {_text(getattr(field, name))}")
    for name, usual in (
        ("id_default", True),
        ("auto", False),
        ("auto_default", False),
        ("measuring", False),
        ("settable", True),
        ("announced", False),
    ):
        if getattr(field, name) != usual:
            member = "automatic" if name == "auto" else name
            facts.append(f".{member} = {str(not usual).lower()}")
    return "workloads::field{" + ", ".join(facts) + "}"
