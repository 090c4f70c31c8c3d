"""Verdicts as JUnit XML, for CI systems that show it: a test case for each cell and metric of a
comparison. A regression is a failure, what could not be measured an error, what is undecided
skipped with its reason: a CI that counts failures must not take one for another. What holds for all
of them (other machines, notes, that it is incomplete) is a property of the suite.

Source: the schema of the Jenkins xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from ..base.errors import MeasureError
from ..base.jsonl import Json

_OUTCOMES = {
    "regressed": "failure", "invalid": "error", "missing": "error", "inconclusive": "skipped",
    "new": "skipped",
}  # fmt: skip
# Consumers want a time of every test; that of a comparison is the pairs', which many share.
_NO_TIME = "0"
# What XML 1.0 cannot hold, not even escaped; the last words of a program may have it.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(comparisons: Sequence[Json], head: Json) -> str:
    """The document; `head` is the file's first line, or empty. A comparison that was confirmed
    stands for its screening. Raises MeasureError where nothing is gated: no test is no success."""
    properties = list(_properties(head))
    final = {(one["cell"], one["metric"]): one for one in comparisons}
    gated = [one for one in final.values() if one["gated"]]
    problems = [("incomplete", why) for why in [head.get("incomplete")] if why]
    problems += [("the candidate failed", line) for line in head.get("failed", [])]
    problems += [("flagged and undecided", line) for line in head.get("undecided", [])]
    if not gated and not problems:
        known = "".join(f"; {name}: {value}" for name, value in properties)
        raise MeasureError(f"there is no gated comparison to write{known}")
    count = str(len(gated) + len(problems))
    suite = ElementTree.Element("testsuite", name="skein", tests=count, time=_NO_TIME)
    if properties:
        listed = ElementTree.SubElement(suite, "properties")
        for name, value in properties:
            ElementTree.SubElement(listed, "property", name=name, value=value)
    counts = {"failure": 0, "error": 0, "skipped": 0}
    for one in gated:
        case = _case(suite, one["cell"].replace("/", "."), one["metric"])
        outcome = _OUTCOMES.get(one["verdict"])
        if one["verdict"] == "regressed" and one["stage"] == "screen":
            outcome = "skipped"  # flagged, and never confirmed
        if outcome is not None:
            counts[outcome] += 1
            ElementTree.SubElement(case, outcome, message=_message(one))
    for name, why in problems:
        case = _case(suite, "skein", name)
        counts["error"] += 1
        ElementTree.SubElement(case, "error", message=why)
    for name, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(plural, str(counts[name]))
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)
    return _FORBIDDEN.sub("\ufffd", text) + "\n"


def _case(suite: ElementTree.Element, classname: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=classname, name=name, time=_NO_TIME)


def _properties(head: Json) -> Iterator[tuple[str, str]]:
    for line in head.get("environment_mismatches", []):
        yield "environment mismatch", line
    for line in head.get("notes", []):
        yield "note", line


def _message(one: Json) -> str:
    words = [one["verdict"]]
    if one["ratio"] is not None:
        words.append(f"{100 * (one['ratio'] - 1):+.1f} %")
        words.append(f"[{100 * (one['ratio_low'] - 1):+.1f}, {100 * (one['ratio_high'] - 1):+.1f}]")
        words.append(f"over {one['pairs']} pairs")
    return ": ".join([" ".join(words), *one["reasons"][:1]])
