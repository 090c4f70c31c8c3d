"""The binary measures what workloads/*/cell.toml declares: its words, its defaults and its ids."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
import skein_binary as skein

sys.path.insert(0, str(skein.ROOT / "scripts"))

from skein_scripts.records.workloads import workloads

SHAPES = [(each.id, shape) for each in workloads().values() for shape in each.shapes]


@pytest.mark.parametrize(("workload", "shape"), SHAPES)
def test_a_cell_of_which_nothing_is_said_has_the_declared_defaults(
    workload: str, shape: str
) -> None:
    declared = workloads()[workload]
    words = ("run", workload, f"--{declared.shape}", shape, "--runtime", "coroutine")
    done = skein.call(*words, "--size", "test", "--json")
    assert done.status == 0, done.err
    record: dict[str, Any] = json.loads(done.out)
    expected: dict[str, Any] = {}
    for field in declared.fields:
        applies = field.applies_to(shape) and not field.measuring
        value = field.default_in(shape, expected, size="test") if applies else None
        expected[field.name] = shape if field.name == declared.shape else value
    cell = record["cell"]
    del expected["stack_bytes"], expected["memory"]  # a coroutine has no stack
    assert {name: cell[name] for name in expected if name in cell} == {
        name: value for name, value in expected.items() if name in cell
    }
    assert record["cell_id"] == declared.cell_id("coroutine", cell)


@pytest.mark.parametrize("workload", list(workloads()))
def test_every_declared_setting_is_an_option_and_every_word_is_taken(workload: str) -> None:
    declared = workloads()[workload]
    said = skein.call("run", workload, "--help").out
    for setting, field in declared.settings.items():
        assert f"--{setting.replace('_', '-')} " in said.replace(",", " ")
        for word in field.words:
            refused = skein.call("run", workload, "--runtime", "fiber",
                                 f"--{setting.replace('_', '-')}", f"{word}_")  # fmt: skip
            assert refused.status == 2
            assert word in refused.err
