"""The record of a run is held against what was asked of it."""

import pytest

from skein_scripts.matrix.matrix import Cell
from skein_scripts.matrix.plan import Slot
from skein_scripts.records.results import RecordError
from skein_scripts.session import cell_record

SESSION, SEED = "session", 20
# Together they have every setting that a record's cell says.
CELLS = (
    Cell("load", "c10k", "fiber", {
        "mode": "open", "connections": 100, "active": 10, "rate": 5000, "arrival": "poisson",
        "pipeline": 4, "payload_bytes": 64, "buffer": "own", "buffer_bytes": 4096,
        "stack_bytes": 65536, "duration": "2s", "warmup": "1s", "requests": 1000, "loops": 2,
        "strategy": "lifo",
        "depth": 4, "held_bytes": 1024, "handler_wait": "5ms", "handler_work": 5000,
        "read_timeout": "5s",
    }),
    Cell("timers", "timers", "fiber", {
        "pattern": "spread", "tasks": 500, "window": "3s", "grid": "2ms", "timers": "heap",
    }),
    Cell("hops", "relay", "coroutine", {"tasks": 100, "hops": 1000, "order": "far"}),
    Cell("waits", "cancel", "coroutine", {"tasks": 100, "wait": "lock"}),
    Cell("messages", "channel", "coroutine", {
        "receivers": 2, "topology": "shared", "senders": 3, "capacity": 0, "messages": 10,
    }),
    Cell("locks", "contention", "coroutine", {
        "tasks": 2, "across": "blocking", "locks": 5, "lock_timeout": "2s",
    }),
    Cell("leaves", "fanout", "coroutine_stealing", {"tasks": 100, "work": 500, "workers": 2}),
    Cell("hogs", "hog", "coroutine", {
        "tasks": 100, "form": "yielding", "window": "200ms", "work": 1000, "yield_every": 100,
    }),
)  # fmt: skip
# What the program decides.
ITS_OWN = {"style"}


def record_of(slot):
    return {"session_id": SESSION, **cell_record.run_meta(slot),
            "cell": cell_record.cell_fields(slot.cell, SEED)}  # fmt: skip


def check(record, slot):
    cell_record.check_is_of(record, slot, SESSION, SEED)


def fields():
    """Each cell with each field of its record that was asked for."""
    for cell in CELLS:
        for name, value in cell_record.cell_fields(cell, SEED).items():
            if value is not None:
                yield pytest.param(cell, name, id=f"{cell.group}-{name}")


def test_the_cells_have_every_field_that_is_asked_for():
    said = {name for cell in CELLS for name, value in cell_record.cell_fields(cell, SEED).items()
            if value is not None}  # fmt: skip
    assert set(cell_record.cell_fields(CELLS[0], SEED)) - said == ITS_OWN


@pytest.mark.parametrize(("cell", "name"), list(fields()))
def test_a_record_of_other_work_is_refused_in_whichever_field_it_differs(cell, name):
    slot = Slot(cell, 1, 2)
    record = record_of(slot)
    check(record, slot)
    record["cell"][name] = "other"
    with pytest.raises(RecordError, match=rf"cell\.{name} is 'other'"):
        check(record, slot)


@pytest.mark.parametrize("name", ["session_id", "arm", "block", "pair", "position"])
def test_a_record_of_another_place_in_the_plan_is_refused(name):
    slot = Slot(CELLS[0], 1, 2)
    with pytest.raises(RecordError, match=f"{name} is 'other'"):
        check(record_of(slot) | {name: "other"}, slot)


def test_a_runtime_without_stacks_says_none_and_one_with_others_is_refused():
    slot = Slot(CELLS[0], 1, 2)
    record = record_of(slot)
    record["cell"]["stack_bytes"] = None
    check(record, slot)
    record["cell"]["stack_bytes"] = 4096
    with pytest.raises(RecordError, match="stack_bytes is 4096"):
        check(record, slot)
