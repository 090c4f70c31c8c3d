"""Words in a figure. matplotlib draws each letter as a path, and says what is written in a comment
before: here that becomes text again, in the same font and place. A page of 25 rows has 34,000
letters, and a browser took half a second to make shapes of them.

What cannot be written so stays as it is drawn: formulas, and letters of other fonts.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

Letters = Mapping[str, set[str]]  # by font

_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_PLACED = re.compile(
    r"translate\((?P<x>\S+) (?P<y>\S+)\)(?: rotate\((?P<turn>\S+)\))? scale\((?P<scale>\S+) -\S+\)"
)
# The fonts that the house style draws with, by their names in a figure: weight and slant.
_FONTS = {
    "DejaVuSans": ("normal", "normal"),
    "DejaVuSans-Bold": ("bold", "normal"),
    "DejaVuSans-Oblique": ("normal", "italic"),
}
_PX_AT_SCALE_1 = 100
FAMILY = "Figures"


def write_words(root: Element) -> Letters:
    """Puts text in the place of letters, in the whole tree, and takes out letters that nothing uses
    then. Comments must be in the tree. Returns which letters are written."""
    letters: dict[str, set[str]] = {}
    for parent in list(root.iter()):
        said: str | None = None
        for place, child in reversed(list(enumerate(parent))):
            before = parent[place - 1] if place else None
            said = _comment(before)
            if said is not None and (made := _text_of(child, said, letters)) is not None:
                made.tail = child.tail
                parent[place] = made
                parent[place - 1 : place] = [one for one in child if _name(one) == "defs"]
    _take_out_unused(root)
    return letters


def _comment(element: Element | None) -> str | None:
    if element is None or not callable(element.tag):  # it is ElementTree.Comment
        return None
    return html.unescape((element.text or "")[1:-1])


def _text_of(group: Element, said: str, letters: dict[str, set[str]]) -> Element | None:
    """The text that a group of letters is, if it is one."""
    placed = _PLACED.fullmatch(group.get("transform", ""))
    kinds = {_name(one) for one in group}
    drawn = [_href(one) for one in group if _name(one) == "use"]
    fonts = {href[1:].rpartition("-")[0] for href in drawn}
    if placed is None or not kinds <= {"use", "defs"} or len(drawn) != len(said):
        return None
    if len(fonts) != 1 or not fonts <= _FONTS.keys():
        return None
    (font,) = fonts
    letters.setdefault(font, set()).update(said)
    x, y = (f"{float(placed[name]):.2f}" for name in ("x", "y"))
    size = f"{float(placed['scale']) * _PX_AT_SCALE_1:.4g}px"
    weight, slant = _FONTS[font]
    style = [
        f"font-size:{size}",
        "" if weight == "normal" else f"font-weight:{weight}",
        "" if slant == "normal" else f"font-style:{slant}",
        group.get("style", "").strip().rstrip(";"),
    ]
    made = Element("text", {"x": x, "y": y, "style": ";".join(one for one in style if one)})
    if placed["turn"]:
        made.set("transform", f"rotate({placed['turn']} {x} {y})")
    made.text = said
    return made


def _take_out_unused(root: Element) -> None:
    used = {href[1:] for one in root.iter() if (href := _href(one))}
    for definitions in root.iter():
        if _name(definitions) == "defs":
            for one in list(definitions):
                if one.get("id", "").rpartition("-")[0] in _FONTS and one.get("id") not in used:
                    definitions.remove(one)


def font_faces(letters: Letters) -> str:
    """Rules that bring the fonts with the page, with these letters alone."""
    return "\n".join(_font_face(*_FONTS[font], letters[font]) for font in sorted(letters))


def _font_face(weight: str, slant: str, letters: set[str]) -> str:
    font = base64.b64encode(_font_of(weight, slant, letters)).decode("ascii")
    return (
        f"@font-face{{font-family:{FAMILY};font-weight:{weight};font-style:{slant};"
        f"src:url(data:font/woff;base64,{font})}}"
    )


def _font_of(weight: str, slant: str, letters: set[str]) -> bytes:
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from matplotlib.font_manager import FontProperties, findfont

    properties = FontProperties(family="DejaVu Sans", weight=weight)
    properties.set_style("oblique" if slant == "italic" else "normal")
    options = subset.Options(layout_features=["kern"], hinting=False, notdef_outline=True)
    options.drop_tables += ["FFTM"]  # when the font was made
    opened = TTFont(findfont(properties), recalcTimestamp=False)
    chosen = subset.Subsetter(options)
    chosen.populate(text="".join(sorted(letters)))
    chosen.subset(opened)
    opened.flavor = "woff"
    written = io.BytesIO()
    opened.save(written)
    return written.getvalue()


def _href(element: Element) -> str:
    return element.get(_XLINK_HREF) or element.get("href") or ""


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
