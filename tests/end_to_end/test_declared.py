"""The binary measures what workloads/*/cell.toml declares: its words, its defaults and its ids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import skein_binary as skein

sys.path.insert(0, str(skein.ROOT / "scripts"))

from skein_scripts.base.errors import UsageError
from skein_scripts.matrix.matrix import check_value
from skein_scripts.records.workloads import Field, workloads

SHAPES = [(each.id, shape) for each in workloads().values() for shape in each.shapes]


@pytest.mark.parametrize(("workload", "shape"), SHAPES)
def test_a_cell_of_which_nothing_is_said_has_the_declared_defaults(
    workload: str, shape: str
) -> None:
    declared = workloads()[workload]
    words = ("run", workload, f"--{declared.shape}", shape, "--runtime", "coroutine")
    done = skein.call(*words, "--size", "test", "--json")
    record: dict[str, Any] = json.loads(done.out)
    deadlocks = (workload, shape) == ("contention", "blocking")  # where tasks share a thread
    ends = {"failed"} if deadlocks else {"ok", "invalid"}  # the machine may be busy
    assert record["status"] in ends, record["reasons"]
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
        option = f"--{setting.replace('_', '-')}"
        assert f"{option} " in said.replace(",", " ")
        shape = (f"--{declared.shape}", field.shapes[0]) if field.shapes else ()
        for word in field.words:
            words = ("run", workload, "--runtime", "coroutine", option, f"{word}_")
            refused = skein.call(*words, *shape)
            assert refused.status == 2
            assert word in refused.err


def out_of_bounds(field: Field) -> list[int]:
    """The whole numbers next to the bounds that do not hang on another field."""
    low = [field.least - 1] if isinstance(field.least, int) and field.least > 0 else []
    return low + ([field.most + 1] if isinstance(field.most, int) else [])


BOUNDED = [
    (each.id, setting, value)
    for each in workloads().values()
    for setting, field in each.settings.items()
    for value in out_of_bounds(field)
]


@pytest.mark.parametrize(("workload", "setting", "value"), BOUNDED)
def test_option_and_matrix_refuse_the_same_values(workload: str, setting: str, value: int) -> None:
    declared = workloads()[workload]
    field = declared.settings[setting]
    with pytest.raises(UsageError, match=f"{setting} must be"):
        check_value(field, field.text(value))
    shape = (f"--{declared.shape}", field.shapes[0]) if field.shapes else ()
    option = f"--{setting.replace('_', '-')}"
    done = skein.call(
        "run", workload, "--runtime", "fiber", *shape, f"{option}={field.text(value)}"
    )
    assert done.status == 2
    assert option in done.err


def test_a_worker_in_another_language_is_a_row_of_a_matrix(tmp_path: Path) -> None:
    matrix = tmp_path / "m.toml"
    matrix.write_text(
        """
        repeats = 1
        retry_invalid = 2
        runtimes = ["coroutine", "python_selectors"]
        [[cell]]
        workload = "timers"
        pattern = "churn"
        tasks = 64
        window = "200ms"
        memory = "off"
        [[cell]]
        workload = "c10k"
        mode = "idle"
        connections = 64
        hold = "50ms"
        """
    )
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "scripts/run_matrix.py", "--matrix", str(matrix), "--output", str(out),
         "--skein", str(skein.SKEIN)],
        cwd=skein.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 4}, done.stdout + done.stderr
    runs = [each for each in skein.records(out / "results.jsonl") if each["kind"] == "run"]
    foreign = [run for run in runs if run["cell"]["runtime"] == "python_selectors"]
    assert {run["cell_id"].split("/")[0] for run in foreign} == {"c10k", "timers"}
    reasons = [run["reasons"] for run in foreign]
    assert {run["status"] for run in foreign} <= {"ok", "invalid"}, reasons
    assert all(run["work"]["units"] for run in foreign if run["cell"]["workload"] == "timers")
    assert {run["cell"]["style"] for run in foreign} == {"callback"}
