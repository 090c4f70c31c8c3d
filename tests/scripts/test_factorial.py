"""Style by loop: the table from planted runs, and where there is none."""

import copy

import pytest

from skein_scripts.base import units
from skein_scripts.matrix import matrix
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.report import factorial, report_pages

# runtime: style, loop, CPU per request, user bytes per connection
PLANTED = {
    "coroutine": ("coroutine", "epoll, edge-triggered", 5000, 195),
    "coroutine_uring": ("coroutine", "io_uring, multishot", 4800, 200),
    "fiber": ("direct", "epoll, edge-triggered", 5100, 4131),
    "fiber_uring": ("direct", "io_uring, multishot", 4900, 4140),
    "libuv": ("callback", "libuv (epoll, level-triggered)", 5500, 333),
    "epoll_floor": ("none", "epoll, edge-triggered", 5000, 24),
}


@pytest.fixture
def planted(fixture_v1):
    """Records of one session without a plan, with one run of fixed work for each runtime."""
    records = results.load(fixture_v1)
    session = copy.deepcopy(next(one for one in records if one["kind"] == "session"))
    session["plan"] = None
    like = next(
        one for one in results.runs(records)
        if one["cell"]["workload"] == "c10k" and one["status"] == "ok" and one["cpu"]
    )  # fmt: skip

    def with_runtimes(*names):
        made = [session]
        for position, name in enumerate(names):
            style, loop, per_op_ns, user_bytes = PLANTED[name]
            run = copy.deepcopy(like)
            run["run_id"] = f"{position:016x}"
            run["session_id"] = session["session_id"]
            run["position"] = position
            run["cell"] |= {"runtime": name, "style": style, "stack_bytes": None}
            run["loop"] = loop
            run["cpu"]["per_op_ns"] = per_op_ns
            run["memory"]["per_task"]["user_bytes"] = user_bytes
            made.append(run)
        return made

    return with_runtimes


def only_table(records):
    (made,) = factorial.make_tables(group_runs(records))
    return made


def row_of(made, style, quantity):
    return next(row for row in made.rows if row[0] == style and row[1].startswith(quantity))[2:]


def test_styles_are_rows_and_loops_are_columns(planted):
    made = only_table(planted(*PLANTED))
    assert made.columns[2:] == ["epoll", "io_uring", "libuv"]
    assert list(dict.fromkeys(row[0] for row in made.rows)) == ["coroutine", "direct", "callback"]


def test_figures_stand_beside_what_they_are_times_the_floor(planted):
    made = only_table(planted(*PLANTED))
    assert row_of(made, "coroutine", "× floor") == ["1.000", "0.960", units.MISSING]
    assert row_of(made, "callback", "× floor") == [units.MISSING, units.MISSING, "1.100"]
    assert row_of(made, "direct", "user B") == ["4,131", "4,140", units.MISSING]


def test_memory_above_the_floor_is_signed(planted):
    made = only_table(planted(*PLANTED))
    assert ["coroutine", "... above floor", "+171", "+176", units.MISSING] in made.rows


@pytest.mark.parametrize(
    "runtimes",
    [
        ("coroutine", "fiber", "libuv", "epoll_floor"),
        ("coroutine", "coroutine_uring", "fiber", "epoll_floor"),
        ("coroutine", "coroutine_uring"),
        (),
    ],
)
def test_without_two_styles_on_the_same_two_loops_there_is_no_table(planted, runtimes):
    assert factorial.make_tables(group_runs(planted(*runtimes))) == []


def test_records_that_do_not_name_their_loop_have_no_table(planted):
    records = planted(*PLANTED)
    for run in results.runs(records):
        del run["loop"]
    assert factorial.make_tables(group_runs(records)) == []


def test_the_report_has_the_table_on_both_pages(planted, tmp_path):
    for page in report_pages.write(planted(*PLANTED), tmp_path, []):
        text = page.read_text(encoding="utf-8")
        assert "Style by loop" in text
        assert "0.960" in text


def test_the_preset_has_every_style_on_both_loops_and_the_floor():
    runtimes = {cell.runtime for cell in matrix.load_preset("factorial").cells}
    assert {"coroutine", "fiber", "callback"} <= runtimes
    assert {"coroutine_uring", "fiber_uring", "callback_uring"} <= runtimes
    assert {"libuv", "epoll_floor"} <= runtimes
