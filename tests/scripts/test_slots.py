"""The slots of a plan: which try of one counts, and what was asked of it."""

import pytest

from skein_scripts.records.cells import Asked
from skein_scripts.records.slots import taken_slots


def planned(config="c", cells=("a",)):
    return {"session_id": "s", "config_sha256": config, "argv": [],
            "plan": {"design": "latin", "order": [list(cells)],
                     "cells": [{"key": key, "settings": {}} for key in cells]}}  # fmt: skip


def try_of(status, session="s", block=0, position=0, **more):
    return {"session_id": session, "status": status, "block": block, "position": position,
            "arm": "single", "cell_id": "x", "cell": {}, **more}  # fmt: skip


def test_a_slot_that_was_repeated_or_resumed_counts_with_its_last_try():
    resumed = planned() | {"session_id": "later"}
    runs = [
        try_of("invalid"), try_of("ok"), try_of("failed", position=1),
        try_of("ok", "later", position=1), try_of("limit", position=2),
    ]  # fmt: skip
    slots = taken_slots(runs, [planned(), resumed])
    assert [slot.run["status"] for slot in slots] == ["ok", "ok", "limit"]
    assert [slot.repeated for slot in slots] == [1, 0, 0]


@pytest.mark.parametrize("status", ["ok", "limit"])
def test_a_run_that_counts_is_never_replaced(status):
    runs = [try_of(status), try_of("ok"), try_of("invalid"), try_of("failed")]
    slots = taken_slots(runs, [planned()])
    assert [slot.run["status"] for slot in slots] == [status, "ok", "failed"]


def test_another_configuration_is_another_plan():
    other = planned(config="d") | {"session_id": "t"}
    runs = [try_of("failed"), try_of("ok", "t")]
    assert len(taken_slots(runs, [planned(), other])) == 2


def test_a_pair_that_was_repeated_counts_with_its_last_tries():
    session = planned() | {"plan": {"design": "abba", "order": [], "cells": []}}
    first = {"pair": 0, "arm": "base"}
    runs = [try_of("ok", **first), try_of("ok", **first), try_of("ok", **first | {"pair": 1}),
            try_of("ok", **first, key="other"),
            try_of("ok", **first | {"arm": "candidate"})]  # fmt: skip
    assert len(taken_slots(runs, [session])) == 4


def test_facts_of_a_plan_are_its_settings():
    session = planned(cells=("a", "b"))
    session["plan"]["cells"][1]["settings"] = {"hold": "2s", "memory": "off"}
    facts = [Asked([session]).facts(try_of("ok", position=place)) for place in (0, 1)]
    assert [(one["hold"], one["memory"]) for one in facts] == [("", ""), ("2s", "off")]
