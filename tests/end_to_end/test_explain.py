"""skein explain: what a person is told of a workload, a mode, a runtime and a cell."""

from __future__ import annotations

import json
import shlex

import pytest
import skein_binary as skein

from skein_scripts.records.runtimes import foreign
from skein_scripts.records.workloads import workloads

SHAPES = [(each.id, shape) for each in workloads().values() for shape in each.shapes]


def explained(name: str) -> skein.Record:
    """What is said of it, for programs."""
    found: skein.Record = json.loads(skein.call("explain", name, "--json").out)
    return found


@pytest.mark.parametrize(("workload", "shape"), SHAPES)
def test_a_mode_is_explained_in_the_words_of_its_declaration(workload: str, shape: str) -> None:
    declared = workloads()[workload]
    texts, found = declared.shape_texts[shape], explained(f"{workload}/{shape}")
    assert found["does"] == [declared.description, f"{shape}: {texts.does}"]
    for key in ("measures", "leaves_out", "unfair"):
        said = [getattr(declared, key), getattr(texts, key)]
        assert found[key] == [text for text in said if text]
    options = [line.partition(":")[0] for line in found["parameters"]]
    assert options == [
        "--" + field.setting.replace("_", "-")
        for field in declared.fields
        if field.applies_to(shape) and (field.settable or field.kind == "seed")
    ]


def test_a_terminal_gets_every_section_by_its_title() -> None:
    said = skein.call("explain", "timers/churn").out
    for title in ("what it does", "what it measures", "what it does not measure", "parameters",
                  "how a comparison might be unfair", "to run it", "to read on"):  # fmt: skip
        assert f"\n{title}" in said
    assert "harness/TIMERS.md" in said
    assert max(len(line) for line in said.splitlines()) <= 100


@pytest.mark.parametrize("name", [*skein.RUNTIMES, *foreign()])
def test_every_runtime_that_is_listed_is_explained(name: str) -> None:
    found = explained(name)
    assert found["does"][0].startswith(f"{name}: ")
    if name in foreign():
        row = foreign()[name]
        assert row.about in found["does"][0]
        assert row.unfair in found["unfair"]
        cannot = [f"{work}: {why}" for work, why in row.cannot]
        assert found.get("cannot", [])[: len(cannot)] == cannot


def test_the_id_of_a_record_is_explained_by_a_command_that_measures_that_cell() -> None:
    words = ("--connections", "50", "--mode", "idle", "--hold", "0s", *skein.IN_SESSION, "--json")
    first = json.loads(skein.call("run", "c10k", "--runtime", "libuv", *words).out)
    (command,) = explained(first["cell_id"])["run"]
    program, *again = shlex.split(command)
    assert program == "skein"
    done = skein.call(*again, "--hold", "0s", *skein.IN_SESSION, "--json")
    assert json.loads(done.out)["cell_id"] == first["cell_id"]


def test_a_worker_in_another_language_is_run_by_the_command_that_is_told() -> None:
    command = explained("timers/python_selectors")["run"][-1]
    words = shlex.split(command)[1:]
    done = skein.call(*words, "--size", "test", *skein.IN_SESSION, "--json")
    assert json.loads(done.out)["status"] in ("ok", "invalid"), done.err
