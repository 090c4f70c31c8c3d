"""Families of runtimes, as figures show them: runtimes of one calling style, ours apart from those
in other languages. Decides how many panels the runtimes of a figure take, and the colour and marker
of each.

With few runtimes one panel holds all, each in the colour that it has declared. With more, a family
is a panel, and colours are by place within the family: from the palette of Okabe and Ito first,
which people with the common colour blindnesses can tell apart. Markers repeat the distinction
without colour. A place counts every declared member, so it does not change with who was measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.markers import MarkerStyle

from ..records.runtime_rules import OURS
from ..records.runtimes import FLOOR, in_order, runtimes
from . import style

FEW = 6  # runtimes beside the floor that one panel bears
_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#332288",
    "#7F7F00",
)  # fmt: skip
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
_SPARE_MARKERS = "v<>^DsoX8"[:FEW]  # with the spare colours of style.py
_SOLID, _DASHED = "-", "--"


@dataclass(frozen=True)
class Family:
    """Runtimes that share a panel, or a block of rows. Without a title: all of a figure."""

    title: str
    runtimes: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """How the curve and the marks of a runtime look, as matplotlib names it."""

    colour: str
    marker: str | MarkerStyle
    line: str = _SOLID


def families_of(names: Iterable[str]) -> list[Family]:
    """The families of these runtimes, without the floor, which belongs to every panel."""
    members: dict[tuple[str, bool], list[str]] = {}
    for name in in_order(names):
        if name != FLOOR:
            members.setdefault(_key(name), []).append(name)
    return [Family(_title(own), tuple(own)) for own in members.values()]


def panels_of(names: Iterable[str]) -> list[Family]:
    """What each panel of a figure of curves is about: one for all where they are few."""
    own = tuple(name for name in in_order(names) if name != FLOOR)
    return families_of(own) if len(own) > FEW else [Family("", own)]


def blocks_of(names: Iterable[str]) -> list[Family]:
    """How the rows of a chart stand together: as the panels, the floor in a block of its own."""
    every = in_order(names)
    families = families_of(every)
    if sum(len(family.runtimes) for family in families) <= FEW:
        return [Family("", tuple(every))]
    return [*families, *([Family("floor", (FLOOR,))] if FLOOR in every else [])]


def looks_of(names: Iterable[str]) -> dict[str, Look]:
    """The look of each runtime of a figure."""
    every = in_order(names)
    families = families_of(every)
    is_mixed = len(families) > 1 and sum(len(one.runtimes) for one in families) <= FEW
    looks = {FLOOR: Look(style.colour_of(FLOOR), style.marker_of(FLOOR), _DASHED)}
    for family in families:
        for name in family.runtimes:
            looks[name] = _declared(name, family) if is_mixed else _by_place(name, family)
    return {name: looks[name] for name in every}


def _declared(name: str, family: Family) -> Look:
    """Of one that is not declared, a colour and a marker that no declared one has."""
    if name in runtimes():
        return Look(style.colour_of(name), style.marker_of(name))
    return Look(style.colour_of(name), _SPARE_MARKERS[family.runtimes.index(name)])


def _by_place(name: str, family: Family) -> Look:
    siblings = [one for one in runtimes() if _key(one) == _key(name)]
    siblings += [one for one in family.runtimes if one not in siblings]
    turn, place = divmod(siblings.index(name), len(_COLOURS))
    return Look(_COLOURS[place], _MARKERS[(place + turn) % len(_MARKERS)])


def _key(name: str) -> tuple[str, bool]:
    known = runtimes().get(name)
    return (known.family, known.language == OURS) if known else ("", False)


def _title(names: list[str]) -> str:
    known = [runtimes()[name] for name in names if name in runtimes()]
    if not known:
        return "others"
    languages = dict.fromkeys(one.language for one in known)
    return f"{known[0].family} · {', '.join(languages)}"
