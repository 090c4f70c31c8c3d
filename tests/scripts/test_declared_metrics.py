"""The metrics of results/metrics.toml: that the format has their places, that a row which cannot be
is refused with a reason, what the build makes of them, and that nothing else lists metrics."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.base.tree import ROOT
from skein_scripts.declare import summary as declared
from skein_scripts.gate import sources
from skein_scripts.records import metric_rows, metric_tables
from skein_scripts.records.metrics import FILE, METRICS, metrics
from skein_scripts.records.workloads import workloads

SCHEMA = json.loads((ROOT / "results/schema/v1.json").read_text(encoding="utf-8"))


# --- every row has its place in the format ---


def properties_of(node):
    """The fields that a node of the schema has, through references and alternatives."""
    if "$ref" in node:
        target = SCHEMA
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return properties_of(target) | node.get("properties", {})
    found = dict(node.get("properties", {}))
    for kind in ("oneOf", "anyOf", "allOf"):
        for one in node.get(kind, ()):
            found |= properties_of(one)
    return found | properties_of(node["then"]) if "then" in node else found


def is_in_schema(path):
    node = SCHEMA["$defs"]["run"]
    for key in path:
        known = properties_of(node)
        if key not in known:
            return False
        node = known[key]
    return True


def paths_of(metric):
    return [*metric.paths, *([metric.minus] if metric.minus else [])]


@pytest.mark.parametrize("metric", metrics().values(), ids=metrics())
def test_every_place_is_one_of_the_format(metric):
    for path in [] if metric.source else paths_of(metric):
        assert is_in_schema(path), path


def test_a_place_that_the_format_lacks_is_found():
    assert is_in_schema(("exchange", "latency", "p99"))
    assert not is_in_schema(("exchange", "latency", "p98"))
    assert not is_in_schema(("cpu", "per_op_ns", "more"))


def test_what_only_google_benchmark_has_is_in_its_runs():
    (metric,) = (one for one in metrics().values() if one.source)
    row = {"name": "BM/real_time", "run_type": "iteration", "iterations": 3, "real_time": 17.0,
           "cpu_time": 5.0, "time_unit": "ns"}  # fmt: skip
    (benchmark,) = sources.read_benchmarks({"benchmarks": [row]})
    assert metric.of(sources._as_run(benchmark, benchmark.repetitions[0])) == 17


UNITS = {"_ns": "ns", "_bytes": "B", "_per_s": "1/s", "_fraction": "1", "_per_op": "1"}


@pytest.mark.parametrize("metric", metrics().values(), ids=metrics())
def test_the_unit_is_that_of_the_fields_name(metric):
    said = {unit for end, unit in UNITS.items() if metric.paths[0][-1].endswith(end)}
    assert said <= {metric.unit} or metric.against_floor == "ratio"


def test_shapes_and_work_of_tables_are_declared():
    shapes = {shape for each in workloads().values() for shape in each.shapes}
    for metric in metrics().values():
        assert set(metric.shapes or ()) <= shapes
    works = {f"{each.id}/{shape}" for each in workloads().values() for shape in each.shapes}
    for of_kind in metric_rows.table(FILE)["table"].values():
        assert of_kind.keys() <= works | workloads().keys() | {"any"}


def test_the_columns_of_a_table_have_headings_of_their_own():
    for kind in metric_tables.KINDS:
        for work in workloads().values():
            for shape in work.shapes:
                layout = metric_tables.layout_of(kind, work.id, shape)
                titles = [layout.title(column[0]) for column in layout.columns]
                assert len(set(titles)) == len(titles)
                shown = {metric for column in layout.columns for metric in column}
                assert kind == metric_tables.RESULTS or not layout.intervals - shown


def test_work_that_no_table_names_has_the_usual_columns():
    layout = metric_tables.layout_of(metric_tables.RESULTS, "toy", "yield")
    titles = [layout.title(column[0]) for column in layout.columns]
    assert {"operations", "CPU/op µs", "user B/task"} <= set(titles)


# --- a row that cannot be is refused ---

GOOD = """
[metric.cost]
path = "cpu.cost_ns"
unit = "ns"
heading = "cost/{task}"
min_effect = 0.03

[metric.misses]
path = ["cpu.misses", "load.misses"]
unit = "1"
must_be_0 = true

[table.results.any]
columns = ["cost"]
intervals = ["cost"]
words = { operation = "op", operations = "ops", task = "task" }
[table.results.toy]
columns = ["cost"]
[table.spread.any]
columns = ["cost"]
words = { operation = "op", operations = "ops", task = "task" }
[table.style_by_loop.any]
columns = ["cost"]
words = { operation = "op", operations = "ops", task = "task" }

[[summary]]
label = "cost"
text = "{cost} each[cost?, and that is all]"
"""


def read_all(path):
    found = metrics(path)
    for kind in metric_tables.KINDS:
        metric_tables.layout_of(kind, "toy", "", path)
    return found, metric_tables.summary_lines(path)


@pytest.fixture
def planted_file(tmp_path):
    def with_text(text):
        path = tmp_path / "metrics.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return with_text


def test_a_file_without_a_fault_is_read(planted_file):
    found, (line,) = read_all(planted_file(GOOD))
    assert list(found) == ["cost", "misses"]
    assert found["misses"].read({"cpu": {"misses": 2}, "load": {"misses": 3}}) == 5
    assert found["misses"].read({"cpu": {"misses": None}}) is None
    texts = [(piece.text, piece.metric, piece.where) for piece in line.pieces]
    cost = found["cost"]
    assert texts == [("", cost, None), (" each", None, None), (", and that is all", None, cost)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[metric.cost]", "[metric.cost"), "cannot be read"),
        (("[metric.cost]", "[other.cost]"), "has no|unknown metric 'cost'"),
        (('path = "cpu.cost_ns"\n', ""), "metric cost: it has no path"),
        (('unit = "ns"\n', ""), "metric cost: it has no unit"),
        (("path =", "paht ="), "metric cost: unknown key 'paht' .*did you mean 'path'"),
        (("cpu.cost_ns", "cpu.Cost ns"), "metric cost: path is keys with dots between"),
        (('["cpu.misses", "load.misses"]', '["cpu.misses"]'), "misses: path is one, or a list of"),
        (('unit = "ns"', 'unit = "s"'), "cost: unknown unit 's' .valid: ns, B"),
        (("{task}", "{job}"), "heading 'cost/{job}' has words that no table has"),
        (("0.03", '"3 %"'), "cost: min_effect is a share from 0 to 1, such as 0.03, not '3 %'"),
        (("0.03", "3"), "min_effect is a share"),
        (("0.03", "0.03\ngated = false"), "gated is true, or left out, not False"),
        (("min_effect = 0.03", "gated = true"), "gated has no use: without min_effect"),
        (("min_effect = 0.03", 'in = ["open"]'), "in has no use: without min_effect"),
        (("0.03", "0.03\nmin_step = { least = 6 }"), "min_step has least, most and share"),
        (("0.03", "0.03\npurpose = 'fun'"), "unknown purpose 'fun'"),
        (("0.03", "0.03\nformat = 'hex'"), "unknown format 'hex'"),
        (("0.03", "0.03\nbetter = 'less'"), "unknown better 'less'"),
        (("must_be_0 = true", "must_be_0 = true\ngated = true"), "gated has no use: a count that"),
        (('unit = "1"', 'unit = "B"'), "misses: a count has the unit 1, not B"),
        (("must_be_0 = true", "must_be_0 = true\nfurthest = 'mile'"), "in furthest 'mile'"),
        (("0.03", "0.03\nin_words = 'costs'"), "in_words has no use: a sentence has the heading"),
        (("[metric.misses]", "[metric.cost]"), "cannot be read.*cost"),
        (("[metric.misses]", "[metric.Misses]"), "Misses: a name is of lower case"),
        (("[table.spread.any]", "[table.spread.toy]"), "there is a .table.KIND.any. for each of"),
        (('[table.results.toy]\ncolumns = ["cost"]', '[table.results.toy]\ncolumns = ["coast"]'),
         "table results.toy: unknown metric 'coast' .*did you mean 'cost'"),
        (('[table.results.toy]\ncolumns = ["cost"]', '[table.results.toy]\ncolumns = ["misses"]'),
         "metric misses is a column and has no heading"),
        (('intervals = ["cost"]', 'intervals = ["coast"]'), "results.any: unknown metric 'coast'"),
        (('intervals = ["cost"]', 'widths = ["cost"]'), "results.any: unknown key 'widths'"),
        (('operation = "op", ', ""), "words has operation, operations, task"),
        (("{cost} each", "{coast} each"), "summary 'cost': unknown metric 'coast'"),
        (("{cost} each", "{misses} each"), "misses is no figure that a record has in one place"),
        (("{cost} each", "{cost each"), "'{' in '{cost each'"),
        (("[cost?,", "[,"), r"'\[' in ' each\[, and"),
        (('label = "cost"\n', ""), "it has no label"),
        (('label = "cost"\n', 'label = "cost of a {taks}"\n'), "no figure: only {task}"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused_with_the_reason(planted_file, change, said):
    assert change[0] in GOOD
    path = planted_file(GOOD.replace(*change, 1))
    with pytest.raises(UsageError, match=said) as refused:
        read_all(path)
    assert str(path) in str(refused.value)


# --- what the build makes of them ---


def declare(output, tree=ROOT):
    """As the build calls it: without any installed package."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "skein_scripts.declare", str(output)],
        env={"PYTHONPATH": str(tree / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_header_is_written_by_the_standard_library_alone_and_only_when_it_changes(tmp_path):
    header = tmp_path / "some" / "results" / "metrics.hpp"
    assert declare(tmp_path / "some").returncode == 0
    text, written = header.read_text(), header.stat().st_mtime_ns
    assert '{"CPU per operation", line_' in text
    assert declare(tmp_path / "some").returncode == 0
    assert header.stat().st_mtime_ns == written
    header.write_text(text + "// other\n")
    assert declare(tmp_path / "some").returncode == 0
    assert header.read_text() == text


def test_a_declaration_that_cannot_be_stops_the_build_with_a_message(tmp_path):
    ours, copy = ROOT / "scripts/skein_scripts", tmp_path / "scripts/skein_scripts"
    for package in ("base", "records", "declare"):
        shutil.copytree(ours / package, copy / package)
    for folder in ("workloads", "runtimes"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "results").mkdir()
    (tmp_path / "results/metrics.toml").write_text(GOOD.replace('unit = "ns"', 'unit = "sec"'))
    done = declare(tmp_path / "generated", tmp_path)
    assert done.returncode == 2
    assert "metric cost: unknown unit 'sec' (valid: ns, B, 1/s, 1)" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "generated/results").exists()


def test_figures_stand_in_the_header_with_place_and_format(planted_file):
    row = '[metric.net]\npath = "a.b"\nminus = "a.c"\nunit = "B"\n'
    text = GOOD.replace("[metric.misses]", f"{row}[metric.misses]")
    text = text.replace("{cost} each", '{net} \\"each\\"')
    text = text.replace('label = "cost"', 'label = "cost"\nwhere = "net"')
    path = planted_file(text)
    header = declared.header(metric_tables.summary_lines(path))
    assert '{"", {"/a/b", "/a/c", figure_format::bytes}, ""}' in header
    assert r'{" \"each\"", {}, ""}' in header
    assert '{", and that is all", {}, "/cpu/cost_ns"}' in header
    assert '{"cost", line_0, "/a/b"}' in header
    net = metrics(path)["net"]
    assert net.read({"a": {"b": 7, "c": 2}}) == 5
    assert net.read({"a": {"b": 7}}) is None


def test_every_format_is_one_that_the_terminal_has():
    text = (ROOT / "harness/conductor/record/summary_line.hpp").read_text()
    known = re.findall(r"^  (\w+), +//", text, re.MULTILINE)
    made = {declared._FORMATS.get(name, name) for name in metric_rows.FORMATS}
    assert made | {"none_or_count"} == set(known)


def test_the_compared_are_some_of_all():
    assert [one.name for one in METRICS] == [
        one.name for one in metrics().values() if one.min_effect or one.min_step
    ]
    assert len(METRICS) > 10


@pytest.mark.usefixtures("with_toy")
@pytest.mark.parametrize(("order", "figure"), [("fair", 307.0), ("random", None)])
def test_a_metric_of_some_shapes_knows_those_of_any_workload(order, figure):
    only_fair = dataclasses.replace(metrics()["spawn_per_task"], shapes=("fair",))
    cell = {"workload": "toy", "runtime": "fiber", "order": order}
    run = {"status": "ok", "cell": cell, "timer_costs": {"spawn_ns_per_task": 307.0}}
    assert only_fair.of(run) == figure
