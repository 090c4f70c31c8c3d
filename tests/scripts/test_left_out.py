"""Who is not ranked in the sentence of a question: each row has its place there, and its reason."""

import copy

import pytest

from page_parts import with_rounds
from skein_scripts.records import headlines as declared
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.report.answers import answers
from skein_scripts.report.headline_columns import columns_of


def said(records):
    """The sentence of each question, by its title."""
    groups = group_runs(records)
    asked = [columns_of(one, groups) for one in declared.headlines()]
    titles = [one.title for one in declared.headlines()]
    return {title: one.text for title, one in zip(titles, answers(asked), strict=True)}


def on_own_buffers(records, mode, runtime):
    """The runs of a runtime in a mode on buffers of its own, in a group without a floor."""
    found = copy.deepcopy(records)
    moved = set()
    for run in results.runs(found):
        if (run["cell"].get("mode"), run["cell"]["runtime"]) == (mode, runtime):
            run["cell"]["buffer"] = run["echoed"]["buffer"] = "own"
            moved.add(run["run_id"])
    plan = results.sessions(found)[0]["plan"]
    (key,) = (cell["key"] for cell in plan["cells"] if cell["key"] == f"{mode}/{runtime}")
    for cell in plan["cells"]:
        if cell["key"] == key:
            cell["key"], cell["group"] = f"own/{runtime}", "own"
    plan["order"] = [[f"own/{runtime}" if one == key else one for one in keys]
                     for keys in plan["order"]]  # fmt: skip
    assert moved
    return found


ROWS = ("coroutine", "coroutine_uring", "fiber", "fiber_uring", "thread", "libuv")


@pytest.mark.parametrize("title", [one.title for one in declared.headlines()])
def test_every_row_is_placed_in_every_sentence(planted, title):
    text = said(with_rounds(planted, 3))[title]
    words = text.replace(",", " ").replace(";", " ").split()
    assert [row for row in ROWS if row not in words] == []


def test_who_has_no_floor_beside_it_is_said_with_its_work(planted):
    text = said(on_own_buffers(with_rounds(planted, 3), "fixed", "fiber"))["CPU of a request"]
    assert "fiber (no floor with own buffers)" in text


def test_the_floor_of_differences_has_its_own_figure(planted):
    text = said(with_rounds(planted, 3))["CPU of a request"]
    assert "the floor itself takes 4.10 µs" in text
    assert "epoll_floor" not in text


def test_rows_that_share_a_reason_stand_together(planted):
    records = with_rounds(planted, 3)
    for run in results.runs(records):
        is_idle = run["cell"].get("mode") == "idle"
        if is_idle and run["cell"]["runtime"] in ("fiber", "thread"):
            late = f"load: late by {run['block']} ns"
            run["status"], run["reasons"] = "invalid", [late]
    text = said(records)["memory of an idle connection"]
    assert "fiber, thread (disturbed: the load was not as asked)" in text
    assert "libuv (timeout: no answer within 40 s)" in text
    assert "coroutine_uring, fiber_uring (not measured)" in text
