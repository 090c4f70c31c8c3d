"""The workload channel: every runtime whose tasks can wait for each other, and the bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from test_cells import check_common, measure, with_every_runtime
from test_relay import SILENT, ended, worker


@pytest.mark.parametrize(("runtime", "topology"), with_every_runtime(("shared",), "shared"))
def test_every_runtime_brings_all_messages_through_or_says_what_it_lacks(
    runtime: str, topology: str, results: Path
) -> None:
    words = [*skein.with_runtime(runtime), "--topology", topology]
    if runtime in SILENT:
        status, run = ended(results, *words, workload="channel")
        assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "sync")
        return
    run = measure(results, "channel", *words)
    check_common(run)
    assert run["cell_id"].endswith("/4/shared/from=3/cap=5/messages=2000")
    assert run["work"]["units"] == run["cell"]["messages"] == 2_000
    assert run["timer_costs"]["wall_per_op_ns"] == pytest.approx(run["window_ns"] / 2_000)
    shares = run["shares"]
    assert shares["least"] <= 500 <= shares["most"]
    assert shares["ratio"] == pytest.approx(shares["least"] / shares["most"])


def test_a_worker_in_another_language_finds_all_it_needs_in_the_readme(results: Path) -> None:
    run = measure(results, "channel", *worker(), "--messages", "2002")
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert run["shares"] == {"least": 500, "most": 501, "ratio": pytest.approx(500 / 501)}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("message_too_few", "finished with 1999 units of work done, not 2000"),
        ("message_twice", "is not the expected"),
        ("odd_shares", "shares"),
    ],
)
def test_a_message_that_was_not_received_once_fails_the_run(
    fault: str, said: str, results: Path
) -> None:
    status, run = ended(results, *worker(fault), workload="channel")
    assert (status, run["status"]) == (4, "failed")
    assert said in run["failure"]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--receivers", "0"), "--receivers: 0 is out of bounds; from 1 to 1000"),
        (("--receivers", "1001"), "--receivers: 1001 is out of bounds; from 1 to 1000"),
        (("--senders", "0"), "--senders: 0 is out of bounds; from 1 to 1000"),
        (("--senders", "1001"), "--senders: 1001 is out of bounds; from 1 to 1000"),
        (("--capacity", "1000001"), "--capacity: 1000001 is out of bounds; from 0 to 1000000"),
        (("--messages", "0"), "--messages: 0 is out of bounds; from 1 to 100000000"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_bounds(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", "channel", "--runtime", "coroutine", *words)
    assert done.status == 2
    assert said in done.err
