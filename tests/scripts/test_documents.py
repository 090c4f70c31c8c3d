"""Figures in documents: the memory in README's table is what the present code takes, and what pages
say of the program is so. That the table is of the published run is for test_rendered_readme.py."""

import re
import tomllib

import pytest

from matrix_support import ROOT
from skein_scripts.commands import export
from skein_scripts.records.results import RESULTS_NAME
from skein_scripts.records.runtimes import runtimes

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIGURES = tomllib.loads((ROOT / "results" / "figures.toml").read_text(encoding="utf-8"))


def table():
    """The first table, whichever way it stands: by what is shown, a cell for each runtime."""
    lines = README[README.index("\n|") + 1 :].partition("\n\n")[0].split("\n")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    del cells[1]  # the rule
    if set(cells[1][:1]) <= runtimes().keys():
        cells = [list(line) for line in zip(*cells, strict=True)]
    names = cells[0][1:]
    return {line[0]: dict(zip(names, line[1:], strict=True)) for line in cells[1:]}


TABLE = table()
RUNTIMES = [name for name in next(iter(TABLE.values())) if name in FIGURES]


def test_the_samples_that_high_percentiles_take_are_those_of_the_program():
    source = (ROOT / "harness/measure/distribution.hpp").read_text(encoding="utf-8")
    least = re.search(r"published\(\) \{ return \{(.*?)\}; \}", source)[1].replace("'", ",")
    p99, p999, p9999 = re.findall(r"\d+(?:,\d{3})+", least)
    text = " ".join((ROOT / "results/RECORDS.md").read_text(encoding="utf-8").split())
    assert f"`p99` needs {p99} samples, `p999` {p999} and `p9999` {p9999}" in text


def test_the_examples_of_the_export_name_files_of_the_kind_that_the_format_reads():
    examples = re.findall(r"export\.py (\S+) --format (\S+)", export._EPILOG)
    kinds = {"junit": "verdicts.jsonl", "otava": RESULTS_NAME}
    assert len(examples) == 3
    for name, kind in ((name, kinds[kind]) for name, kind in examples if kind in kinds):
        assert name.endswith(kind)


def test_the_table_has_our_runtimes():
    assert {"coroutine", "fiber", "thread", "libuv", "epoll_floor"} <= set(RUNTIMES)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_memory_in_the_table_is_what_the_present_code_takes(runtime):
    connection, sleeper = (
        next(line for name, line in TABLE.items() if name.startswith(f"memory of {what}"))
        for what in ("an idle connection", "a sleeping task")
    )
    for line, figure in ((connection, "connection"), (sleeper, "sleeper")):
        wanted = FIGURES[runtime][f"user_bytes_per_{figure}"]
        # As far as two numbers of tasks and rounding tell it.
        shown = line[runtime].partition(" + ")[0]
        assert float(shown.replace(",", "")) == pytest.approx(wanted, rel=0.02, abs=4)
