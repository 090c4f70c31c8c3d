"""Metrics are listed in results/metrics.toml and nowhere else: no name, heading or place of one
stands in the code, but where code that is about a single metric asks for it by its name. Two that
are asked for in one list would be a second list.
"""

import ast
import re

import pytest
from test_declared_metrics import SCHEMA

from skein_scripts.base.tree import ROOT
from skein_scripts.records import metric_tables
from skein_scripts.records.metrics import metrics
from skein_scripts.records.workloads import workloads

PRODUCT = ROOT / "scripts" / "skein_scripts"
SUMMARY = ("record/summary_table.cpp", "record/summary_line.hpp")
ASK = "named"


def fields_of_the_format(node):
    """Every name of a field, however deep."""
    if isinstance(node, list):
        return {name for one in node for name in fields_of_the_format(one)}
    if not isinstance(node, dict):
        return set()
    deeper = {name for one in node.values() for name in fields_of_the_format(one)}
    return deeper | set(node.get("properties", {}))


# What is also a field may stand for the field.
NAMES = metrics().keys() - fields_of_the_format(SCHEMA)
PLACES = {path for metric in metrics().values() for path in metric.paths}


def headings():
    """Of all tables, as they are shown, and the labels of the summary: those that are no word of
    everyday code."""
    found = {line.label for line in metric_tables.summary_lines()}
    works = [(each.id, shape) for each in workloads().values() for shape in each.shapes]
    for kind in metric_tables.KINDS:
        for work in [*works, ("other", "")]:
            layout = metric_tables.layout_of(kind, *work)
            shown = [metric for column in layout.columns for metric in column]
            found |= {layout.title(one) for one in shown} | {layout.heading(one) for one in shown}
    return {text for text in found if re.search(r"[ /]", text)}


HEADINGS = headings()


def text_of(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def is_asking(node):
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == ASK
    )


def keys_of(node):
    """The constant keys of record["a"]["b"] or record.get("a").get("b"), outermost last."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return [*keys_of(node.value), text_of(node.slice)]
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get" and node.args:
        return [*keys_of(node.func.value), text_of(node.args[0])]
    return []


def has_place(texts):
    return any(
        tuple(texts[start : start + length]) in PLACES
        for length in (2, 3)
        for start in range(len(texts) - length + 1)
    )


def second_lists(source):
    """A word for each place in a module that lists what the declaration lists."""
    tree, found = ast.parse(source), []
    asked = {id(arg) for node in ast.walk(tree) if is_asking(node) for arg in node.args}
    for node in ast.walk(tree):
        text = text_of(node)
        if text in NAMES and id(node) not in asked:
            found.append(f"line {node.lineno}: the name {text}")
        if text in HEADINGS:
            found.append(f"line {node.lineno}: the heading {text}")
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            items = node.elts
        elif isinstance(node, ast.Dict):
            items = node.values
        elif isinstance(node, ast.Call):
            items = node.args
        else:
            items = []
        if sum(any(is_asking(one) for one in ast.walk(item)) for item in items) > 1:
            found.append(f"line {node.lineno}: a list of metrics")
        if has_place([text_of(item) for item in items]) or has_place(keys_of(node)):
            found.append(f"line {node.lineno}: the place of a metric")
    return found


def test_no_module_lists_metrics():
    modules = sorted(PRODUCT.rglob("*.py"))
    assert len(modules) > 100
    found = [
        f"{path.relative_to(ROOT)}, {one}"
        for path in modules
        for one in second_lists(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("planted", [
    'HEADLINES = [("operations", "cpu_per_op")]',
    'wanted = {"latency_p50": 0.03}',
    'if metric.name == "user_bytes_per_task": pass',
    'columns = [("CPU/request µs", show)]',
    'columns = [("user B/conn.", show)]',
    'heading = "+ ksoftirqd"',
    'label = "one message each"',
    'value = number(run, "cpu", "per_op_ns")',
    'PER_OP = ("cpu", "per_op_ns")',
    'user = series.median("memory", "per_task", "user_bytes")',
    'rate = record["load"]["achieved_per_s"]',
    'p99 = run.get("latency", {}).get("p99")',
    'BOTH = (named("cpu_per_op"), named("latency_p50"))',
    'BOTH = {"cpu": metrics.named("cpu_per_op"), "p50": metrics.named("latency_p50")}',
    'draw([named("cpu_per_op")], named("latency_p50"))',
])  # fmt: skip
def test_a_second_list_that_is_planted_is_found(planted):
    assert second_lists(planted) != []


@pytest.mark.parametrize("allowed", [
    'CPU = named("cpu_per_op")',
    'record["cpu"]["per_op_ns"] = 3',
    'names = ("p50", "p99")',
    'unsent = load.get("unsent")',
    'made = {"cpu": {"per_op_ns": None}}',
])  # fmt: skip
def test_asking_for_one_metric_and_writing_a_record_are_no_list(allowed):
    assert second_lists(allowed) == []


def test_the_summary_of_the_terminal_names_no_figure():
    labels = {line.label for line in metric_tables.summary_lines()}
    places = {key for path in PLACES for key in path}
    for name in SUMMARY:
        text = (ROOT / "harness" / "conductor" / name).read_text(encoding="utf-8")
        words = set(re.findall(r'"([^"\n]*)"', text))
        assert words & (labels | places) == set(), name
