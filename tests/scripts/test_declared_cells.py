"""The declarations of the workloads' cells, and what follows from them: ids, defaults, settings."""

import json

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.base.tree import ROOT
from skein_scripts.matrix import matrix
from skein_scripts.records.schema import ADDED_IN_VERSION_1
from skein_scripts.records.workloads import field_names, measuring_settings, workloads
from skein_scripts.session.cell_record import cell_fields, cell_id_of

PUBLISHED = sorted((ROOT / "results" / "published").glob("*/results.jsonl"))


def runs_of(path):
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record for record in records if record["kind"] == "run"]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_the_id_of_every_published_cell_follows_from_its_fields(path):
    cells = {run["cell_id"]: run["cell"] for run in runs_of(path)}
    assert len(cells) >= 15
    assert cells.keys() == {
        workloads()[cell["workload"]].cell_id(cell["runtime"], cell) for cell in cells.values()
    }


def test_a_record_has_the_declared_fields_and_no_others():
    for run in runs_of(PUBLISHED[-1]):
        declared = workloads()[run["cell"]["workload"]].fields
        own = {field.name for field in declared if not field.measuring}
        own |= {"workload", "runtime", "style"}
        since = own - ADDED_IN_VERSION_1
        assert since <= run["cell"].keys() <= own | set(field_names())
        assert not any(value for name, value in run["cell"].items() if name not in own)


@pytest.mark.usefixtures("with_toy")
def test_what_was_published_needs_no_field_of_a_workload_that_is_added():
    test_a_record_has_the_declared_fields_and_no_others()


def test_a_run_that_could_not_say_its_id_has_the_one_that_the_binary_writes():
    # A preset that was published whole: what it plans now is what was measured then.
    (*_, quick) = [path for path in PUBLISHED if path.parent.name.endswith("-quick")]
    measured = {run["cell_id"] for run in runs_of(quick) if run["position"] is not None}
    planned = {cell_id_of(cell) for cell in matrix.load_preset("quick").cells}
    assert len(planned) >= 15
    assert planned == measured


def test_what_nobody_said_stands_in_an_id_as_the_binary_would_put_it():
    def id_with(**settings):
        checked = matrix.checked_settings("c10k", {"connections": 1000, **settings}, "here")
        return cell_id_of(matrix.Cell("group", "c10k", "fiber", checked))

    assert id_with(mode="fixed") == "c10k/fiber/1000/fixed/active=100/64B/lent"
    assert id_with(mode="idle") == "c10k/fiber/1000/idle/lent"
    assert id_with(mode="idle", buffer="runtime") == "c10k/fiber/1000/idle/runtime"
    assert id_with(mode="idle", loops=1) == "c10k/fiber/1000/idle/lent"
    assert id_with(mode="idle", loops=4) == "c10k/fiber/1000/idle/lent/loops=4"
    assert id_with(mode="idle", depth=1, held_bytes=0) == "c10k/fiber/1000/idle/lent"
    assert id_with(mode="idle", workers=1) == "c10k/fiber/1000/idle/lent"
    assert id_with(mode="idle", workers=4) == "c10k/fiber/1000/idle/lent/workers=4"
    assert id_with(mode="fixed", handler_wait="0s", handler_work=0) == id_with(mode="fixed")
    assert id_with(mode="fixed", handler_wait="5ms", handler_work=5000).endswith(
        "/lent/handler-wait=5ms/handler-work=5000"
    )
    assert id_with(mode="fixed", read_timeout="60s").endswith("/lent/read-timeout=60s")
    assert id_with(mode="idle", depth=4, held_bytes="1KiB") == (
        "c10k/fiber/1000/idle/lent/depth=4/held=1KiB"
    )
    assert id_with(mode="idle_heavy", rate="auto:60%") == (
        "c10k/fiber/1000/idle_heavy/active=50/rate=auto:60%/64B/lent"
    )
    assert id_with(mode="open", rate=0.5, arrival="uniform") == (
        "c10k/fiber/1000/open/active=1000/rate=0.5/uniform/64B/lent"
    )
    assert id_with(mode="churn", requests=800, payload_bytes=4096) == (
        "c10k/fiber/1000/churn/active=100/requests=800/4KiB/lent/buffer=4KiB"
    )


@pytest.mark.parametrize(
    ("connections", "active"), [(10_000, 500), (100, 5), (19, 1), (3, 1), (150, 8)]
)
def test_few_of_an_idle_heavy_load_are_active_and_never_none(connections, active):
    field = workloads()["c10k"].of_setting("active")
    assert field.default_in("idle_heavy", {"connections": connections}) == active


def test_a_setting_out_of_its_bounds_is_refused_before_anything_is_measured():
    fields = workloads()["c10k"].settings
    for setting, value, said in (
        ("connections", 0, "at least 1 and at most 100000000, not 0"),
        ("payload_bytes", "17MiB", "at least 1B and at most 16MiB, not 17MiB"),
        ("rate", 0, "above 0 and at most 1000000000, not 0"),
        ("rate", -1.5, "above 0 .* not -1.5"),
        ("duration", "1us", "at least 1ms, not 1us"),
        ("depth", 3, "one of 1, 2, 4, 8, 16, 32, 64, not 3"),
        ("held_bytes", "65B", "one of 0B, 64B, 256B, 1KiB, 4KiB, 16KiB, not 65B"),
    ):
        with pytest.raises(UsageError, match=f"{setting} must be {said}"):
            matrix.check_value(fields[setting], value)


def test_what_only_says_how_it_is_measured_is_in_no_record():
    assert set(measuring_settings()) == {"memory", "warmup_requests", "hold", "exchange"}
    settings = {"mode": "idle", "connections": 10, "hold": "3s"}
    checked = matrix.checked_settings("c10k", settings, "here")
    fields = cell_fields(matrix.Cell("group", "c10k", "fiber", checked), seed=7)
    assert "hold" not in " ".join(fields)
    assert fields["seed"] == 7
