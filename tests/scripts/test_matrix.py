"""The matrix file, the presets, filters and changed settings."""

import dataclasses
import json
import tomllib

import pytest

from matrix_support import SMALL_MATRIX
from skein_scripts.base import units
from skein_scripts.base.errors import UsageError
from skein_scripts.base.tree import ROOT
from skein_scripts.matrix import matrix, selection
from skein_scripts.records import runtimes
from skein_scripts.records.workloads import workloads
from skein_scripts.session.saturation import probe_cells


def small(**changes):
    return matrix.parse_matrix({**tomllib.loads(SMALL_MATRIX), **changes}, "small")


def keys(one):
    return {cell.key for cell in one.cells}


@pytest.mark.parametrize("name", ["quick", "standard", "full"])
def test_every_general_preset_is_valid_and_has_all_five_runtimes_on_both_workloads(name):
    preset = matrix.load_preset(name)
    pairs = {(cell.workload, cell.runtime) for cell in preset.cells}
    runtimes = ("coroutine", "fiber", "thread", "libuv", "epoll_floor")
    assert pairs == {(w, r) for w in ("c10k", "timers") for r in runtimes}


def test_the_presets_beyond_ten_thousand_ask_threads_too_for_a_limit_with_a_name():
    million, c100k, c1m = map(matrix.load_preset, ("million", "c100k", "c1m"))
    assert {cell.settings["tasks"] for cell in million.cells} == {1_000_000}
    assert {cell.settings["window"] for cell in million.cells} == {"1s", "10s"}
    assert {cell.settings["connections"] for cell in c100k.cells} == {100_000}
    assert {cell.settings["connections"] for cell in c1m.cells} == {1_000_000}
    for preset in (million, c100k, c1m):
        assert {"coroutine", "fiber", "thread", "libuv", "epoll_floor"} <= {
            cell.runtime for cell in preset.cells
        }
    assert {"callback", "future"} <= {cell.runtime for cell in c1m.cells}
    for preset in (c100k, c1m):
        line = " ".join(preset.cells[0].arguments())
        assert line.endswith("--buffer lent --loops auto --hold 3s --exchange 100")


def test_the_preset_of_tasks_that_talk_has_all_styles_and_threads_up_to_ten_thousand():
    cells = matrix.load_preset("talk").cells
    asio = {"asio_await", "asio_cb"}
    rows = {"tokio", "tokio_mt", "smol", "futures_local", "go", "java_vt", "node"} | asio
    talking = {"relay", "fanout", "channel", "contention", "cancel", "hog"}
    for workload in talking:
        styles = {cell.runtime for cell in cells if cell.workload == workload}
        assert styles == {"coroutine", "future", "fiber", "callback", "thread"} | rows
    assert asio.isdisjoint(c.runtime for c in cells if c.settings.get("wait") == "lock")
    assert {cell.workload for cell in cells} == talking
    threads = [cell.settings.get("tasks", 20) for cell in cells if cell.runtime == "thread"]
    assert max(threads) == 10_000
    assert {cell.settings["tasks"] for cell in cells if cell.workload == "relay"} == {
        2, 1_000, 10_000, 100_000, 1_000_000
    }  # fmt: skip


@pytest.fixture
def two_references(monkeypatch):
    """One that serves lent buffers and one that decides itself."""
    example = runtimes.runtimes()["python_selectors"]
    lends = dataclasses.replace(example, id="lends", buffers=("lent",))
    decides = dataclasses.replace(example, id="decides", buffers=("runtime",))
    monkeypatch.setattr(matrix, "references", lambda: [lends, decides])


def test_one_word_names_all_references_that_serve_the_cell(two_references):
    words = {"runtimes": ["coroutine", "references"]}
    assert keys(small(**words)) == {
        "fixed/coroutine", "fixed/lends", "spread/coroutine", "spread/lends", "spread/decides"
    }  # fmt: skip
    document = tomllib.loads(SMALL_MATRIX.replace('"lent"', '"runtime"'))
    of_runtime = keys(matrix.parse_matrix({**document, **words}, "m"))
    assert {"fixed/coroutine", "fixed/decides"} <= of_runtime
    assert "fixed/lends" not in of_runtime


def test_references_that_a_file_names_as_well_are_there_once(two_references):
    chosen = small(runtimes=["lends", "references", "references"])
    assert len(chosen.cells) == len(keys(chosen)) == 3


def test_a_matrix_of_no_runtime_at_all_is_refused(monkeypatch):
    monkeypatch.setattr(matrix, "references", list)
    with pytest.raises(UsageError, match="none of its cells has a runtime"):
        small(runtimes=["references"])


def test_the_preset_of_references_has_ten_rounds_and_each_buffer_in_cells_of_its_own():
    preset = matrix.load_preset("references")
    assert preset.repeats == 10  # processes for lateness, of which some have a random phase
    by_group = {}
    for cell in preset.cells:
        by_group.setdefault(cell.group, {})[cell.runtime] = cell
    ours = {"coroutine", "fiber", "thread", "libuv", "callback", "epoll_floor"}
    others = {row.id: row for row in matrix.references()}
    for group, cells in by_group.items():
        buffer = next(iter(cells.values())).setting("buffer")
        assert all(others[name].serves(buffer) for name in cells.keys() & others.keys() if buffer)
        if buffer in ("own", "runtime"):
            assert group.endswith(f"-{buffer}")
            assert (buffer == "runtime") == (not ours & cells.keys())
        else:
            missing = {"thread"} if "million" in group else set()
            assert ours - missing <= cells.keys()
            assert {name for name, row in others.items() if row.serves(buffer or "")} | {
                name for name in others if buffer is None
            } <= cells.keys()
    # Whoever has connections stands in a cell of idle ones and in one at a rate that it can serve.
    serving = {name for name, row in others.items() if not row.why_not("c10k", "idle")}
    for shape in ("idle", "fixed", "open"):
        assert serving <= {cell.runtime for cell in preset.cells if cell.shape == shape}
    shapes = {(cell.workload, cell.shape) for cell in preset.cells}
    assert shapes == {("c10k", "idle"), ("c10k", "fixed"), ("c10k", "open"), ("timers", "spread"),
                      ("timers", "storm"), ("timers", "churn")}  # fmt: skip
    rates = {cell.settings["rate"] for cell in preset.cells if cell.shape == "open"}
    assert len(rates) == 3
    assert len(set(probe_cells(preset).values())) == 2  # of lent buffers, and of own ones


def test_the_preset_of_workers_has_a_tree_on_one_thread_and_on_several():
    cells = matrix.load_preset("workers").cells
    for steps in (None, 500):
        asked = {(cell.runtime, cell.settings.get("workers"))
                 for cell in cells if cell.settings.get("work") == steps}  # fmt: skip
        of_one_thread = {("coroutine", None), ("future", None)}
        moving = {
            (runtime, workers)
            for runtime in ("coroutine_stealing", "future_stealing")
            for workers in (1, 2, 4)
        }
        assert asked == of_one_thread | moving
    assert {cell.workload for cell in cells} == {"fanout"}


@pytest.mark.parametrize("workers", ["all", 0, 64, 1.5])
def test_workers_are_a_count_or_auto(workers):
    field = workloads()["fanout"].of_setting("workers")
    assert [matrix.check_value(field, good) for good in (1, 63, "auto")] == [1, 63, "auto"]
    with pytest.raises(UsageError, match="workers"):
        matrix.check_value(field, workers)


@pytest.mark.parametrize("loops", ["some", -1, 1.5])
def test_loops_are_a_count_or_auto(loops):
    with pytest.raises(UsageError, match="loops"):
        matrix.check_value(workloads()["c10k"].of_setting("loops"), loops)


def test_the_quick_preset_has_three_repeats_of_10000_connections_and_100000_timers():
    quick = matrix.load_preset("quick")
    assert quick.repeats == 3
    for cell in quick.cells:
        if cell.workload == "c10k":
            assert cell.settings["connections"] == 10000
        else:
            assert cell.settings["tasks"] == (10000 if cell.runtime == "thread" else 100000)


def test_a_cell_knows_its_command_line():
    cell = next(cell for cell in small().cells if cell.key == "fixed/libuv")
    assert " ".join(cell.arguments()) == (
        "c10k --runtime libuv --connections 100 --mode fixed --active 10 --payload-bytes 64"
        " --buffer lent --duration 200ms --warmup 100ms"
    )


def test_an_override_changes_one_runtime_and_keeps_its_reason():
    document = tomllib.loads(SMALL_MATRIX + '[cell.override.libuv]\ntasks = 5\nreason = "because"')
    cells = {cell.key: cell for cell in matrix.parse_matrix(document, "m").cells}
    assert cells["spread/libuv"].settings["tasks"] == 5
    assert cells["spread/libuv"].reason == "because"
    assert cells["spread/coroutine"].settings["tasks"] == 1000


def test_what_is_nearer_to_a_cell_wins_over_what_is_further():
    document = tomllib.loads(
        SMALL_MATRIX + '[cell.override.libuv]\ntasks = 5\nreason = "because"\n'
        '[defaults.timers]\ntasks = 9\nwindow = "9s"\ngrid = "2ms"\n'
        "[defaults.c10k]\nconnections = 9\npipeline = 3\n"
    )
    cells = {cell.key: cell.settings for cell in matrix.parse_matrix(document, "m").cells}
    assert cells["spread/coroutine"] == {"pattern": "spread", "tasks": 1000, "window": "300ms",
                                         "grid": "2ms"}  # fmt: skip
    assert cells["spread/libuv"]["tasks"] == 5
    assert cells["fixed/libuv"]["connections"] == 100
    assert cells["fixed/libuv"]["pipeline"] == 3
    changed = selection.apply_sets(matrix.parse_matrix(document, "m"), ["timers.tasks=77"])
    assert {cell.settings["tasks"] for cell in changed.cells if cell.workload == "timers"} == {77}


def test_an_override_without_a_reason_is_refused():
    document = tomllib.loads(SMALL_MATRIX + "[cell.override.libuv]\ntasks = 5")
    with pytest.raises(UsageError, match="must give a reason"):
        matrix.parse_matrix(document, "m")


def test_an_override_of_the_buffer_is_refused_for_one_chart_would_mix_two():
    override = (
        '[cell.override.libuv]\nbuffer = "own"\nreason = "because"\n\n[[cell]]\nname = "spread"'
    )
    text = SMALL_MATRIX.replace('[[cell]]\nname = "spread"', override)
    with pytest.raises(UsageError, match="give it a cell of its own"):
        matrix.parse_matrix(tomllib.loads(text), "m")


def test_settings_for_load_do_not_reach_an_idle_cell():
    document = tomllib.loads(SMALL_MATRIX.replace('mode = "fixed"', 'mode = "idle"'))
    cell = matrix.parse_matrix(document, "m").cells[0]
    assert "duration" not in cell.settings
    assert "active" not in cell.settings


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mode = "fixed"', 'mode = "fixd"', "did you mean 'fixed'"),
        ('workload = "c10k"', 'workload = "c10"', "did you mean 'c10k'"),
        ("active = 10", "activ = 10", "did you mean 'active'"),
        (
            "connections = 100",
            "connections = -1",
            "connections must be at least 1 and at most 100000000, not -1",
        ),
        ('duration = "200ms"', "duration = 5", "is not a duration"),
        ("tasks = 1000", "", "needs tasks"),
        ("repeats = 2", "repeats = 0", "repeats must be a whole number of at least 1"),
        ('name = "spread"', 'name = "fixed"', "two cells are named 'fixed'"),
        ("seed = 7", "sed = 7", "did you mean 'seed'"),
        ("seed = 7", "seed = true", "seed must be a whole number from 0 to"),
        ("seed = 7", "seed = 7.5", "seed must be a whole number"),
        ("connections = 100", "connections = true", "connections must be a whole number"),
        ("seed = 7", "seed = -1", "from 0 to 18446744073709551615"),
        ("seed = 7", "seed = 18446744073709551616", "from 0 to 18446744073709551615"),
    ],
)
def test_a_mistake_in_the_file_is_named(old, new, message):
    with pytest.raises(UsageError, match=message):
        matrix.parse_matrix(tomllib.loads(SMALL_MATRIX.replace(old, new)), "m")


def test_a_cell_for_memory_reads_it():
    words = 'duration = "200ms"\npurpose = "memory"\nmemory = "{}"'
    for setting in ("on", "off"):
        text = SMALL_MATRIX.replace('duration = "200ms"', words.format(setting))
        if setting == "on":
            assert matrix.parse_matrix(tomllib.loads(text), "m").cells[0].purpose == "memory"
        else:
            with pytest.raises(UsageError, match="is for memory"):
                matrix.parse_matrix(tomllib.loads(text), "m")


def test_a_filter_keeps_the_cells_that_match_all_its_parts():
    kept = selection.apply_filters(small(), ["workload=c10k,runtime=coroutine|libuv"])
    assert keys(kept) == {"fixed/coroutine", "fixed/libuv"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("runtime=~.*o.*", {"coroutine", "epoll_floor"}),
        ("runtime=~lib|cor.*", {"coroutine"}),
        ("runtime=~co(r|n)o.*,group=fixed", {"coroutine"}),
        ("group=fixed, runtime=~[a-z]{5,6}", {"libuv"}),
        ("group=~f.{1,9},runtime=libuv|coroutine", {"libuv", "coroutine"}),
        ("connections=~1.*", {"coroutine", "libuv", "epoll_floor"}),
    ],
)
def test_a_filter_takes_a_regular_expression_of_the_whole_value(text, kept):
    assert {cell.runtime for cell in selection.apply_filters(small(), [text]).cells} == kept


def test_repeated_filters_keep_the_cells_that_match_any():
    kept = selection.apply_filters(small(), ["runtime=libuv", "group=spread"])
    assert keys(kept) == {"fixed/libuv", "spread/coroutine", "spread/libuv", "spread/epoll_floor"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runtime=corutine", "did you mean 'coroutine'"),
        ("runtme=libuv", "did you mean 'runtime'"),
        ("libuv", "write it like"),
        ("runtime=~(", "'\\(' is no regular expression: missing"),
        ("runtime=~lib", "no runtime in --filter matches 'lib' as a whole .valid: coroutine"),
        ("runtime=lib.*", "a regular expression is written runtime=~lib"),
        ("workload=c10k,pattern=spread", "nothing matches --filter"),
    ],
)
def test_a_filter_that_fits_nothing_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        selection.apply_filters(small(), [text])


def test_set_changes_a_setting_in_every_cell_that_uses_it():
    changed = selection.apply_sets(small(), ["c10k.duration=2s", "timers/spread.tasks=50"])
    for cell in changed.cells:
        assert cell.settings.get("duration", "2s") == "2s"
        assert cell.settings.get("tasks", 50) == 50


@pytest.mark.parametrize(
    ("text", "setting", "value"),
    [
        ("c10k.connections=100k", "connections", 100_000),
        ("c10k.payload_bytes=4KiB", "payload_bytes", 4096),
        ("c10k.duration=1m", "duration", "60s"),
        ("c10k.duration=1h", "duration", "3600s"),
        ("c10k.duration=90s", "duration", "90s"),
        ("timers.tasks=1_000_000", "tasks", 1_000_000),
    ],
)
def test_a_value_may_be_written_as_on_the_command_line(text, setting, value):
    changed = selection.apply_sets(small(), [text])
    assert value in {cell.settings.get(setting) for cell in changed.cells}


@pytest.mark.parametrize("value", [0, "0", -0.5, float("inf"), float("nan"), "9" * 400, True, [1]])
def test_a_rate_that_nobody_can_offer_is_refused(value):
    with pytest.raises(UsageError, match=r"^rate"):
        matrix.check_value(workloads()["c10k"].of_setting("rate"), value)


@pytest.mark.parametrize("text", ["auto:60%", "auto:0.00001%", "auto:33.3333333%", "auto: 0.5 %"])
def test_a_share_reads_back_as_what_was_written(text):
    rate = workloads()["c10k"].of_setting("rate")
    shown = matrix.check_value(rate, text)
    assert matrix.auto_share(shown) == pytest.approx(units.parse_share(text), rel=1e-9)
    assert "e" not in shown


def test_a_small_rate_is_written_as_the_binary_reads_it():
    settings = {"mode": "open", "connections": 5, "rate": 0.00001}
    cell = matrix.Cell("g", "c10k", "fiber", matrix.checked_settings("c10k", settings, "here"))
    assert cell.arguments()[-2:] == ["--rate", "0.00001"]


def test_a_wrong_duration_or_count_names_its_setting_and_what_else_may_stand_there():
    fields = workloads()["c10k"].settings
    with pytest.raises(UsageError, match=r"^duration: '5' is not a duration"):
        matrix.check_value(fields["duration"], 5)
    with pytest.raises(UsageError, match=r"^loops: 'automatic' is not a count .*or write auto"):
        matrix.check_value(fields["loops"], "automatic")


def test_the_published_session_was_of_the_configuration_that_the_preset_still_is():
    path = ROOT / "results" / "published" / "2026-11-29-quick" / "results.jsonl"
    with path.open(encoding="utf-8") as file:
        session = json.loads(file.readline())
    assert session["config_sha256"] == matrix.load_preset("quick").config_sha256()


def test_a_rate_may_have_decimals_and_a_unit_in_a_file_and_in_a_set():
    rate = workloads()["c10k"].of_setting("rate")
    written = [0.5, "0.5", "1.5k", 20_000, 20_000.0, "20k"]
    assert [matrix.check_value(rate, value) for value in written] == [
        0.5, 0.5, 1500, 20_000, 20_000, 20_000
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c10k.rate=5", "changes no cell"),
        ("c10k.connections=ten", "connections: 'ten' is not a count"),
        ("c10k.payload_bytes=4k", "payload_bytes: '4k' is not a size"),
        ("c10k.durration=5s", "did you mean 'duration'"),
        ("c10k.duration=5", "is not a duration"),
        ("duration=5s", "write it like"),
    ],
)
def test_a_set_that_means_nothing_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        selection.apply_sets(small(), [text])


def test_the_hash_names_what_is_measured_and_not_how_the_file_is_called():
    assert small().config_sha256() == matrix.parse_matrix(
        tomllib.loads(SMALL_MATRIX), "another"
    ).config_sha256()  # fmt: skip
    assert small().config_sha256() != small(repeats=3).config_sha256()
    assert small().config_sha256() != small(seed=8).config_sha256()


def test_requests_replace_the_duration_of_fixed_work():
    document = tomllib.loads(SMALL_MATRIX.replace("active = 10", "active = 10\nrequests = 500"))
    settings = matrix.parse_matrix(document, "m").cells[0].settings
    assert settings["requests"] == 500
    assert "duration" not in settings
