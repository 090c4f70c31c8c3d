"""Figures of few and of many rows: no text touches another, every runtime is there and told apart
in colour and without, by its gid a page finds it, and it looks the same however many there are. On
results made by hand, in which many curves and marks coincide."""

import itertools
import re

import pytest

import drawn
import planted_rows
from drawn import CONTEXT, context_of
from page_parts import Page
from skein_scripts.drawing import curve_panels, end_labels, families, frame, style
from skein_scripts.records.groups import group_runs
from skein_scripts.records.runtime_rules import FAMILIES
from skein_scripts.records.runtimes import FLOOR, runtimes
from skein_scripts.report import all_figures, report_pages
from skein_scripts.report.plots import (
    cpu_above_floor,
    latency_spectrum,
    latency_vs_load,
    lateness,
    memory_per_task,
    memory_vs_n,
)

COUNTS = (1, 3, 5, 12, 30)
MANY = [pytest.param(count, marks=pytest.mark.slow) if count > 12 else count for count in COUNTS]


def figures_of(count):
    """By name, each figure of so many rows."""
    records = planted_rows.records(count)
    groups, context = group_runs(records), context_of(records)
    by_shape = {group.shape: group for group in groups}
    (sweep,) = latency_vs_load.sweeps(groups)
    return {
        "memory": drawn.draw(memory_per_task.draw, groups, context),
        "cpu": drawn.draw(cpu_above_floor.draw, groups, context),
        "growth": drawn.draw(memory_vs_n.draw, by_shape["idle"], context),
        "load": drawn.draw(latency_vs_load.draw, sweep, context),
        "spectrum": drawn.draw(latency_spectrum.draw, by_shape["fixed"], context),
        "lateness": drawn.draw(lateness.draw, by_shape["spread"], context),
    }


@pytest.fixture(scope="module", params=MANY)
def drawn_rows(request):
    return request.param, figures_of(request.param)


CURVES = ("growth", "load", "spectrum", "lateness")


def test_no_text_touches_another_or_leaves_the_figure(drawn_rows):
    _, figures = drawn_rows
    assert {name: drawn.overlaps(figure) for name, figure in figures.items()} == {
        name: [] for name in figures
    }


def test_every_runtime_is_drawn_and_named(drawn_rows):
    count, figures = drawn_rows
    expected = set(planted_rows.names_of(count))
    for name in ("memory", "cpu"):
        for axes in figures[name].axes:
            assert set(drawn.rows(axes)) == expected, name
    for name in CURVES:
        named = [end for axes in figures[name].axes for end in drawn.ends(axes)]
        assert {runtime for _, runtime in named} >= expected, name
        assert all(text == runtime for text, runtime in named), name


def own_looks(axes):
    """How the curves that are no context look, by runtime: colour, and marker with dashes."""
    return {
        drawn.runtime_in(one): (drawn.hex_of(one.get_color()), one.get_marker(),
                                one.get_linestyle())
        for one in axes.lines
        if drawn.runtime_in(one) and one.get_linestyle() in ("-", "--")
        and drawn.hex_of(one.get_color()) != CONTEXT and one.get_transform() is not axes.transAxes
    }  # fmt: skip


def test_runtimes_of_a_panel_are_told_apart_by_colour_and_by_marker(drawn_rows):
    _, figures = drawn_rows
    for name in ("growth", "load", "spectrum"):
        for axes in figures[name].axes:
            looks = own_looks(axes)
            assert len({colour for colour, *_ in looks.values()}) == len(looks), name
            shapes = {(marker, line) for _, marker, line in looks.values()}
            assert len(shapes) == len(looks), name


def test_the_floor_is_a_dashed_line_in_every_panel(drawn_rows):
    _, figures = drawn_rows
    for name in ("growth", "load", "spectrum"):
        for axes in figures[name].axes:
            assert own_looks(axes)[FLOOR][2] == "--", name
    for name in ("memory", "cpu"):
        for axes in figures[name].axes:
            assert [line for _, *line in drawn.upright_lines(axes)] == [["epoll_floor", "--"]], name


def test_why_a_row_has_no_marks_is_not_crossed_by_the_floors_line(drawn_rows):
    _, figures = drawn_rows
    found = [
        one for axes in figures["cpu"].axes for one in axes.texts if "no result" in one.get_text()
    ]
    assert all(drawn.hex_of(one.get_bbox_patch().get_facecolor()) == "#ffffff" for one in found)
    assert all(
        one.zorder > line.zorder for one in found for line in one.axes.lines
        if line.get_linestyle() == "--"
    )  # fmt: skip


def test_few_runtimes_share_a_panel_and_many_have_one_for_each_family(drawn_rows):
    count, figures = drawn_rows
    titles = [axes.get_title(loc="left").split("\n")[0] for axes in figures["growth"].axes]
    if count <= families.FEW:
        assert titles == ["user", "kernel"]
        return
    expected = [one.title for one in families.families_of(planted_rows.names_of(count))]
    assert titles == [title for title in expected for _ in ("user", "kernel")]


def test_in_a_familys_panel_all_others_are_thin_and_grey(drawn_rows):
    count, figures = drawn_rows
    names = planted_rows.names_of(count)
    for family, axes in zip(families.panels_of(names), figures["growth"].axes[::2], strict=True):
        grey = [one for one in axes.lines if drawn.hex_of(one.get_color()) == CONTEXT]
        assert {drawn.runtime_in(one) for one in grey} == {*names} - {FLOOR, *family.runtimes}
        assert all(one.get_linewidth() < 1 for one in grey)


def test_a_page_finds_every_artist_of_a_runtime_by_a_gid_of_its_own(drawn_rows, tmp_path):
    count, figures = drawn_rows
    for name, figure in figures.items():
        with style.looks():
            svg = frame.save(figure, tmp_path, name)[0].read_text(encoding="utf-8")
        found = re.findall(r'id="(runtime:[^"]+)"', svg)
        assert len(found) == len(set(found)), name
        assert {one.split(":")[1] for one in found} == set(planted_rows.names_of(count)), name


def test_a_mark_of_a_runtime_without_a_family_here_is_drawn_and_told_apart():
    names = ["fiber", "made_up", "of_somebody", FLOOR]
    looks = families.looks_of(names)
    assert len({(look.colour, look.marker) for look in looks.values()}) == len(names)
    assert families.families_of(names)[-1] == families.Family("others", ("made_up", "of_somebody"))


def test_all_that_are_declared_have_a_family_and_looks_of_their_own_within_it():
    looks = families.looks_of(runtimes())
    found = families.families_of(runtimes())
    assert {name for one in found for name in one.runtimes} == set(runtimes()) - {FLOOR}
    for one in found:
        assert one.title.split(" · ")[0] in FAMILIES
        assert len({looks[name].colour for name in one.runtimes}) == len(one.runtimes)
        assert len({looks[name].marker for name in one.runtimes}) == len(one.runtimes)


def test_looks_do_not_depend_on_who_else_of_the_family_was_measured():
    every = families.looks_of(runtimes())
    for left_out in ("coroutine", "tokio", "go"):
        some = families.looks_of(name for name in runtimes() if name != left_out)
        assert some == {name: look for name, look in every.items() if name != left_out}


@pytest.mark.parametrize(
    "wanted", [[], [0.3], [0.5] * 9, [0.0, 0.0, 1.0], [0.9, 0.1, 0.91, 0.92, 0.1], [0.2, 0.8]]
)
def test_labels_are_spread_so_far_that_none_touch_and_no_further(wanted):
    gap = 0.1
    placed = end_labels.spread(wanted, gap)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in placed)
    in_order = sorted(zip(wanted, range(len(wanted)), strict=True))
    heights = [placed[index] for _, index in in_order]
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(heights))
    if all(abs(a - b) >= gap for a, b in itertools.combinations(wanted, 2)):
        assert placed == pytest.approx(wanted)


def test_labels_that_do_not_fit_keep_their_order_within_the_panel():
    assert end_labels.spread([0.5, 0.1, 0.9], 0.8) == pytest.approx([0.5, 0, 1])


def test_a_figure_with_no_curve_says_so_and_stands(planted):
    column = curve_panels.Column("nothing", "of none", [])

    def refuse(axes):
        raise AssertionError("there is nothing to dress")

    with style.looks():
        figure, *_ = curve_panels.draw("Nothing", [column], "of none", ["foot"], refuse)
    (axes,) = figure.axes
    assert [text for *_, text in drawn.labels(axes)] == ["no numbers"]


@pytest.mark.slow
def test_the_figures_of_many_rows_are_the_same_bytes_when_drawn_again(tmp_path):
    records = planted_rows.records(12)
    first, second = (all_figures.draw_all(records, tmp_path / name) for name in ("a", "b"))
    assert [path.name for path in first] == [path.name for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_a_foot_is_broken_where_the_figure_ends():
    words = "a figure of many rows says of each that has no number why it has none " * 9
    lines = style.wrapped(words, 8, 5)
    assert " ".join(lines) == words.strip()
    assert all(style.width_in(line, 8) <= 5 for line in lines)
    assert all(style.width_in(f"{a} {b.split()[0]}", 8) > 5 for a, b in itertools.pairwise(lines))


@pytest.mark.parametrize("count", [3, 12])
def test_the_tables_of_a_page_have_the_colours_of_its_figures(count, tmp_path):
    records = planted_rows.records(count)
    html, _ = report_pages.write(records, tmp_path, [])
    made = Page(html.read_text(encoding="utf-8"))
    shown = [name for table in made.tables for name in table.runtimes if name is not None]
    looks = families.looks_of(planted_rows.names_of(count))
    assert made.swatches == [looks[name].colour for name in shown]
