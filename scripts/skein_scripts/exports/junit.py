"""Verdicts as JUnit XML, for CI systems that show it: a test case for each cell and metric of a
comparison. A regression is a failure, what could not be measured an error, what is undecided
skipped with its reason: a CI that counts failures must not take one for another.

Source: the schema of the Jenkins xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ..results import Record

_OUTCOMES = {
    "regressed": "failure", "invalid": "error", "missing": "error", "inconclusive": "skipped",
    "new": "skipped",
}  # fmt: skip


def write(comparisons: Sequence[Record]) -> str:
    """The document. A comparison that was confirmed stands for its screening."""
    final = {(one["cell"], one["metric"]): one for one in comparisons}
    gated = [one for one in final.values() if one["gated"]]
    suite = ElementTree.Element("testsuite", name="skein", tests=str(len(gated)))
    counts = {"failure": 0, "error": 0, "skipped": 0}
    for one in gated:
        case = ElementTree.SubElement(
            suite, "testcase", classname=one["cell"].replace("/", "."), name=one["metric"]
        )
        outcome = _OUTCOMES.get(one["verdict"])
        if one["verdict"] == "regressed" and one["stage"] == "screen":
            outcome = "skipped"  # flagged, and never confirmed
        if outcome is not None:
            counts[outcome] += 1
            ElementTree.SubElement(case, outcome, message=_message(one))
    for name, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(plural, str(counts[name]))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _message(one: Record) -> str:
    words = [one["verdict"]]
    if one["ratio"] is not None:
        words.append(f"{100 * (one['ratio'] - 1):+.1f} %")
        words.append(f"[{100 * (one['ratio_low'] - 1):+.1f}, {100 * (one['ratio_high'] - 1):+.1f}]")
        words.append(f"over {one['pairs']} pairs")
    return ": ".join([" ".join(words), *one["reasons"][:1]])
