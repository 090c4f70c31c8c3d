"""Bytes that are no UTF-8, from wherever they come, are replaced in a record; the rest stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import skein_binary as skein

TIMERS = ("run", "timers", "--size", "test", "--memory", "off", *skein.IN_SESSION)
LATIN1 = b"r\xe9seau"
REPLACED = "r\ufffdseau"


def printed(*words: str | bytes, environment: dict[bytes, bytes] | None = None) -> skein.Record:
    """The record that a call prints."""
    done = subprocess.run(
        [str(skein.SKEIN), *words, "--json"], capture_output=True, timeout=skein.CALL_TIMEOUT_S,
        check=False, env={**os.environb, **(environment or {})},
    )  # fmt: skip
    record: skein.Record = json.loads(done.stdout)
    return record


def worker_that_says(tmp_path: Path, script: bytes) -> tuple[str, ...]:
    """Options that measure a shell script."""
    path = tmp_path / "worker.sh"
    path.write_bytes(b"#!/bin/sh\n" + script)
    path.chmod(0o755)
    return ("--runtime", "other", "--worker-command", str(path))


def test_last_words_that_are_no_utf8_are_in_the_printed_record(tmp_path: Path) -> None:
    script = b"printf 'r\\351seau\\n' >&2; exit 3\n"
    run = printed(*TIMERS, *worker_that_says(tmp_path, script))
    assert run["status"] == "failed"
    assert run["failure"]["stderr"] == [REPLACED]


def test_last_words_that_are_cut_within_a_letter_are_in_the_record(tmp_path: Path) -> None:
    script = (
        b"i=0; while [ $i -lt 300 ]; do printf '\\342\\202\\254' >&2; i=$((i+1)); done; exit 3\n"
    )
    (line,) = printed(*TIMERS, *worker_that_says(tmp_path, script))["failure"]["stderr"]
    assert line == "\u20ac" * 133 + "\ufffd"  # 400 bytes


def test_nonsense_that_is_no_utf8_is_quoted_in_the_record(tmp_path: Path) -> None:
    run = printed(*TIMERS, *worker_that_says(tmp_path, b"printf 'r\\351seau\\n'; sleep 9\n"))
    assert run["status"] == "failed"
    assert REPLACED in run["reasons"][0]


def test_a_preloaded_file_whose_name_is_no_utf8_is_a_condition_like_any_other(
    tmp_path: Path,
) -> None:
    library = os.fsencode(tmp_path) + b"/" + LATIN1 + b".so"
    shutil.copy(skein.BUILD / "libskein_count.so", library)
    run = printed(*TIMERS, "--runtime", "coroutine", environment={b"LD_PRELOAD": library})
    assert run["status"] in ("ok", "invalid"), run["reasons"]
    assert run["conditions"]["preloaded"] == REPLACED + ".so"


def test_a_file_whose_name_is_no_utf8_is_written_and_its_session_has_the_command(
    tmp_path: Path,
) -> None:
    path = os.fsencode(tmp_path) + b"/" + LATIN1 + b".jsonl"
    words = ("run", "timers", "--size", "test", "--memory", "off", "--runtime", "coroutine")
    run = printed(*words, "-o", path)
    session, written = skein.records(Path(os.fsdecode(path)))
    assert session["argv"][-2].endswith(REPLACED + ".jsonl")
    assert written == run
