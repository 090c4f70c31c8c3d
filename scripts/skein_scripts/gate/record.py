"""The comparison as JSON Lines: a `comparison_session` line that says what was compared, then a
`comparison` line for each cell and metric (results/schema/comparison-v1.json)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jsonschema

from ..base import jsonl
from ..base.errors import UsageError
from ..base.jsonl import Json
from ..base.outputs import write_text
from ..base.utc import utc_now
from ..records.metrics import HIGHER_IS_WORSE
from ..records.schema import SCHEMA_FOLDER
from ..records.shapes import Session
from .compared import Comparison
from .pair_statistics import CONFIDENCE

VERSION = 1


@cache
def _validator() -> jsonschema.Draft202012Validator:
    text = (SCHEMA_FOLDER / f"comparison-v{VERSION}.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def as_record(one: Comparison, stage: str) -> Json:
    """A verdict as its line. `stage`: single, screen or confirm."""
    low, high = one.interval or (None, None)
    return {
        "kind": "comparison",
        "schema": VERSION,
        "cell": one.cell,
        "metric": one.metric.name,
        "unit": one.metric.unit,
        "direction": "lower" if one.metric.worse == HIGHER_IS_WORSE else "higher",
        "gated": one.metric.gated,
        "pairs": one.pairs,
        "invalid_pairs": one.invalid_pairs,
        "base_median": one.base_median,
        "candidate_median": one.candidate_median,
        "ratio": one.ratio,
        "ratio_low": low,
        "ratio_high": high,
        "confidence": CONFIDENCE if one.estimate and one.estimate.rank else None,
        "rank": one.estimate.rank if one.estimate else None,
        "p": one.p,
        "p_holm": one.p_holm,
        "min_effect": one.min_effect,
        "detectable_effect": one.detectable_effect,
        **_totals_of(one),
        **_hosts_of(one),
        "stage": stage,
        "verdict": one.verdict,
        "reasons": one.reasons,
    }


def _totals_of(one: Comparison) -> Json:
    if one.totals is None:
        return {}
    base, candidate = one.totals
    return {"base_total": base.events, "candidate_total": candidate.events}


def _hosts_of(one: Comparison) -> Json:
    if one.over_hosts is None:
        return {}
    found = []
    for name, each in one.over_hosts.by_host.items():
        ratio, *ends = (math.exp(one.metric.worse * x) for x in (each.median, each.low, each.high))
        low, high = sorted(ends)
        found.append(
            {"host": name, "pairs": each.n, "ratio": ratio, "ratio_low": low, "ratio_high": high}
        )
    return {"hosts": found, "p_hosts_alike": one.over_hosts.p_alike}


@dataclass(frozen=True)
class Side:
    """An arm as the first line names it."""

    label: str
    sessions: Sequence[Session]

    def as_record(self) -> Json:
        """Its place in the line."""
        commits = {str(session["tool"].get("commit")) for session in self.sessions}
        return {
            "label": self.label,
            "sessions": [session["session_id"] for session in self.sessions],
            "commits": sorted(commits),
        }


def head(
    base: Side,
    candidate: Side,
    mismatches: Sequence[str],
    alpha: float,
    *,
    interleaved: bool,
    notes: Sequence[str] = (),
    incomplete: str | None = None,
    failed: Sequence[str] = (),
    undecided: Sequence[str] = (),
) -> Json:
    """The line that says what was compared. `alpha`: of the stage that decides."""
    return {
        "kind": "comparison_session",
        "schema": VERSION,
        "created_utc": utc_now(),
        "base": base.as_record(),
        "candidate": candidate.as_record(),
        "interleaved": interleaved,
        "alpha": alpha,
        "environment_mismatches": list(mismatches),
        "notes": list(notes),
        "incomplete": incomplete,
        "failed": list(failed),
        "undecided": list(undecided),
    }


def write(path: Path, head: Json, by_stage: Mapping[str, Sequence[Comparison]]) -> None:
    """Writes a comparison file. Raises MeasureError where that cannot be."""
    verdicts = [as_record(one, stage) for stage, found in by_stage.items() for one in found]
    for record in (head, *verdicts):
        _validator().validate(record)
    write_text(path, "".join(jsonl.dump(record) for record in (head, *verdicts)))


def read(path: Path) -> tuple[Json, list[Json]]:
    """The first line of a comparison file (empty where it has none), and its verdicts. Raises
    UsageError for anything else."""
    try:
        lines = jsonl.lines_of(path.read_bytes().decode("utf-8"))
        records = [jsonl.parse(line) for _, line in lines]
        for record in records:
            _validator().validate(record)
    except (OSError, ValueError, jsonschema.ValidationError) as error:
        raise UsageError(
            f"{path} is no file of comparisons, as compare.py and gate.py write it:"
            f" {jsonl.reason_of(error)}"
        ) from error
    heads: list[Json] = [one for one in records if one["kind"] == "comparison_session"]
    return (heads or [{}])[0], [one for one in records if one["kind"] == "comparison"]
