"""Rates as shares of saturation: read, measured once, the same for all runtimes, reused."""

import tomllib

import pytest

from matrix_support import SMALL_MATRIX, call_main
from skein_scripts.base.errors import MeasureError, UsageError
from skein_scripts.commands import compare
from skein_scripts.matrix import matrix, selection
from skein_scripts.records import results
from skein_scripts.session import saturation

OPEN = (
    SMALL_MATRIX
    + """
[[cell]]
name = "open60"
workload = "c10k"
mode = "open"
connections = 100
active = 10
payload_bytes = 64
rate = "auto:60%"
duration = "200ms"
warmup = "100ms"

[[cell]]
name = "open90"
workload = "c10k"
mode = "open"
connections = 100
active = 10
payload_bytes = 64
rate = "auto:90%"
duration = "200ms"
warmup = "100ms"

[[cell]]
name = "open-larger"
workload = "c10k"
mode = "open"
connections = 100
active = 10
payload_bytes = "1KiB"
rate = "auto: 60 %"
duration = "200ms"
warmup = "100ms"
"""
)


def parsed(text=OPEN):
    return matrix.parse_matrix(tomllib.loads(text), "m")


@pytest.fixture
def auto_run(matrix_run):
    matrix_run.matrix.write_text(OPEN)
    return matrix_run


@pytest.mark.parametrize("rate", ['"auto:0%"', '"auto:300%"', '"auto:60"', '"60%"', '"fast"'])
def test_a_rate_that_is_no_number_and_no_share_is_refused(rate):
    with pytest.raises(UsageError, match="auto:60%"):
        parsed(OPEN.replace('"auto:90%"', rate))


def test_groups_of_the_same_sizes_share_one_measurement():
    probes = saturation.probe_cells(parsed())
    assert probes["open60"] == probes["open90"] != probes["open-larger"]
    assert probes["open60"].runtime == "epoll_floor"
    assert " ".join(probes["open-larger"].arguments()) == (
        "c10k --runtime epoll_floor --mode fixed --connections 100 --active 10"
        " --payload-bytes 1024 --duration 2s --warmup 100ms"
    )


def test_where_runtimes_decide_on_their_buffers_the_baselines_are_lent():
    def with_buffer(name):
        return saturation.probe_cells(parsed(OPEN.replace('"1KiB"', f'"1KiB"\nbuffer = "{name}"')))

    assert with_buffer("runtime") == with_buffer("lent") != with_buffer("own")


def test_sizes_of_one_runtime_alone_are_not_those_that_saturation_is_measured_with():
    own = '[cell.override.coroutine]\nconnections = 50\nreason = "because"\n'
    assert saturation.probe_cells(parsed(OPEN + own)) == saturation.probe_cells(parsed())


def test_another_baseline_is_another_configuration_where_rates_are_shares_of_it():
    other = 'baseline = "libuv"\n'
    assert parsed(other + OPEN).config_sha256() != parsed().config_sha256()
    absolute = parsed(other + SMALL_MATRIX).config_sha256()
    assert absolute == parsed(SMALL_MATRIX).config_sha256()


def test_a_matrix_without_relative_rates_measures_no_saturation():
    assert saturation.probe_cells(parsed(SMALL_MATRIX)) == {}


def test_rates_are_rounded_to_three_digits():
    assert [saturation.rounded_rate(x) for x in (35062.0, 35050.1, 61234.5, 999.6, 7.126, 0.2)] == [
        35100, 35100, 61200, 1000, 7, 1
    ]  # fmt: skip


def test_the_saturation_is_the_median_of_the_probes_that_are_ok():
    def probe(rate, status="ok"):
        return {"status": status, "reasons": ["steal"], "load": {"achieved_per_s": rate}}

    runs = [probe(100.0), probe(300.0), probe(110.0), probe(9.0, "invalid")]
    assert saturation.saturation_of(runs) == 110
    with pytest.raises(MeasureError, match="steal"):
        saturation.saturation_of([probe(9.0, "invalid")])


def test_every_runtime_is_offered_the_same_share_of_what_was_measured(auto_run):
    done = auto_run("--repeats", "1")
    assert done.returncode == 0, done.stderr
    records = auto_run.records()
    levels = records[0]["plan"]["saturation_per_s"]
    probes = results.probes(records, "saturation")
    assert len(probes) == 6  # three for each of two sizes
    assert levels["open60"] == levels["open90"]
    assert levels["open60"] in [run["load"]["achieved_per_s"] for run in probes]
    rates = {}
    for run in auto_run.runs():
        if run["cell"]["mode"] == "open":
            rates.setdefault(run["cell"]["payload_bytes"], set()).add(run["cell"]["rate_per_s"])
    assert rates[64] == {saturation.rounded_rate(share * levels["open60"]) for share in (0.6, 0.9)}
    assert f"saturation of epoll_floor: {levels['open60']:,.0f}/s (open60, open90)" in done.stdout


def test_a_resumed_session_offers_the_rates_of_the_first(auto_run):
    auto_run.fault(**{"c10k/open/libuv": "crash"})
    auto_run("--repeats", "1")
    auto_run.fault()
    assert auto_run("--repeats", "1", "--resume").returncode == 0
    records = auto_run.records()
    first, second = results.sessions(records)
    assert first["plan"]["saturation_per_s"] == second["plan"]["saturation_per_s"]
    assert len(results.probes(records, "saturation")) == 6
    rates = [run["cell"]["rate_per_s"] for run in auto_run.runs() if run["cell"]["rate_per_s"]]
    assert len(rates) == 12  # nine, and libuv's three again
    assert len(set(rates)) == 2  # 60 % and 90 %: the stand-in serves either size alike


def test_results_that_were_resumed_from_skipped_runs_compare(auto_run):
    auto_run.fault(**{"c10k/fixed/epoll_floor": "crash"})
    auto_run("--repeats", "1")
    auto_run.fault()
    assert auto_run("--repeats", "1", "--resume").returncode == 0
    assert "skipped" in {run["status"] for run in auto_run.runs()}
    assert call_main("compare.py", compare.main, auto_run.output, auto_run.output) == 0


def test_a_baseline_that_cannot_be_measured_skips_the_cells_that_need_it_and_no_other(auto_run):
    auto_run.fault(**{"c10k/fixed/epoll_floor": "crash"})
    done = auto_run("--repeats", "1")
    assert done.returncode == 4
    by_shape = {}
    for run in results.runs(auto_run.records()):
        by_shape.setdefault(run["cell"]["mode"] or run["cell"]["pattern"], []).append(run)
    assert {run["status"] for run in by_shape["open"]} == {"skipped"}
    assert "could not be measured" in by_shape["open"][0]["reasons"][0]
    assert {run["status"] for run in by_shape["spread"]} == {"ok"}


def test_the_baseline_is_chosen_by_the_matrix_and_must_exist(auto_run):
    auto_run.matrix.write_text('baseline = "libuv"\n' + OPEN)
    auto_run("--repeats", "1")
    probes = results.probes(auto_run.records(), "saturation")
    assert {run["cell"]["runtime"] for run in probes} == {"libuv"}
    auto_run.matrix.write_text('baseline = "libvu"\n' + OPEN)
    done = auto_run("--repeats", "1", "--resume")
    assert done.returncode == 2


def test_dry_run_says_what_will_be_measured_first(auto_run):
    out = auto_run("--dry-run").stdout
    assert "before the first round, 3 times: skein run c10k --runtime epoll_floor" in out
    assert "rates of open60, open90 are shares of its throughput" in out
    assert "--rate auto:60%" in out
    assert "before each round, the anchor: skein run c10k --runtime epoll_floor" in out
    assert auto_run.calls() == []


def test_an_absolute_rate_can_be_set_instead():
    changed = selection.apply_sets(parsed(), ["c10k/open.rate=20000"])
    assert not changed.has_auto_rates


@pytest.mark.parametrize(("name", "shares"), [("standard", {30, 60, 80}), ("full", {30, 60, 80})])
def test_presets_to_quote_from_load_by_shares_and_quick_does_not(name, shares):
    cells = matrix.load_preset(name).cells
    rates = {cell.settings["rate"] for cell in cells if cell.settings.get("mode") == "open"}
    assert rates == {f"auto:{share}%" for share in shares}
    assert not matrix.load_preset("quick").has_auto_rates


def test_saturation_is_measured_with_all_connections_busy_as_an_open_loop_has_them():
    probes = saturation.probe_cells(parsed(OPEN.replace("active = 10\n", "")))
    assert {probe.settings["active"] for probe in probes.values()} == {100}


def test_saturation_is_measured_with_the_handler_that_requests_have():
    handled = parsed(OPEN.replace('"1KiB"', '"64"\nhandler_wait = "1ms"\nhandler_work = 5000'))
    probes = saturation.probe_cells(handled)
    assert probes["open60"] != probes["open-larger"]
    assert probes["open-larger"].settings["handler_work"] == 5000
    assert "--handler-wait 1ms" in " ".join(probes["open-larger"].arguments())


def test_the_sweep_has_ten_rates_for_every_runtime():
    sweep = matrix.load_preset("sweep")
    assert len(sweep.groups) == 10
    assert len(sweep.cells) == 50
    assert len(set(saturation.probe_cells(sweep).values())) == 1
