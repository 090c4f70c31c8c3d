"""A metric that is only declared stands everywhere: in the report's tables, their spread, the
trend, the exports and the summary that the binary prints. Tried in a copy of the tree."""

import json
import shutil
import subprocess
import sys

import pytest

from skein_scripts.base.tree import ROOT

ROW = """
[metric.time_to_set_up]
path = "setup_ns"
unit = "ns"
heading = "set up"
min_effect = 0.05
"""
CODE = """
import json
import planted_results
from skein_scripts.declare.summary import header
from skein_scripts.exports import bencher, github_action, google_benchmark, otava_csv
from skein_scripts.gate import pairing
from skein_scripts.records import figures, groups, metric_tables, results
from skein_scripts.report import results_table, spread
from skein_scripts.trend import history

records = planted_results.records()
fixed = next(group for group in groups.group_runs(records) if group.name == "fixed")
cells = figures.cells_of(records)
session = results.sessions(records)[0]
point = history.Point("c", "2026-01-01T00:00:00Z", "m", {("cell", "time_to_set_up"): 2.0})
runs = fixed.series[0].ok
print(json.dumps({
    "table": results_table.make_table(fixed).columns,
    "spread": spread.make_table(fixed).columns,
    "trend": [line.metric.name for line in history.lines_of([point])],
    "compared": [pairs.metric.name for pairs in pairing.make_pairs(runs, runs)],
    "bencher": bencher.write(cells),
    "github": github_action.write(cells)["smaller-is-better"],
    "google": google_benchmark.write(cells, session),
    "otava": otava_csv.write([otava_csv.point_of(session, cells)])["otava.yaml"],
    "header": header(metric_tables.summary_lines()),
}))
"""


@pytest.fixture(scope="module")
def with_new_metric(tmp_path_factory):
    """What a tree makes of its results that has one metric more."""
    tree = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "scripts/skein_scripts", tree / "scripts/skein_scripts", ignore=ignored)
    for pattern in ("results/schema/*.json", "workloads/*.toml", "workloads/*/cell.toml",
                    "runtimes/*/runtime.toml"):  # fmt: skip
        for path in ROOT.glob(pattern):
            copy = tree / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    text = (ROOT / "results/metrics.toml").read_text(encoding="utf-8")
    text = text.replace("# --- counts", f"{ROW}\n# --- counts", 1)
    text = text.replace('"throughput", ', '"throughput", "time_to_set_up", ')
    text += '\n[[summary]]\nlabel = "set up"\ntext = "took {time_to_set_up}"\n'
    (tree / "results/metrics.toml").write_text(text, encoding="utf-8")
    paths = [tree / "scripts", ROOT / "tests/scripts"]
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={"PYTHONPATH": ":".join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("where", "as_what"), [
    ("table", "set up µs"), ("spread", "set up µs"), ("trend", "time_to_set_up"),
    ("compared", "time_to_set_up"), ("bencher", '"time-to-set-up": {'),
    ("github", "1000/fixed time_to_set_up"), ("google", '"time_to_set_up": '),
    ("otava", "time_to_set_up:"), ("header", '{"took ", {"/setup_ns", "", figure_format::time}'),
])  # fmt: skip
def test_a_metric_that_is_only_declared_stands_in(with_new_metric, where, as_what):
    assert as_what in with_new_metric[where]
