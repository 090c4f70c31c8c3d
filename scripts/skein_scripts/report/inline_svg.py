"""Figures as parts of a page: the SVG that matplotlib wrote, made small, and fit to stand beside
others in one document.

What goes: the head, metadata, comments, groups without a use, digits beyond a tenth of a point (an
eighth of a pixel), and the one style sheet, which would be that of the whole page. Letters become
text (svg_words.py). Markers and styles that recur are kept once for all figures. Identifiers get
the figure's own prefix. A group that has a runtime's gid (drawing/style.py) says data-runtime="ID"
instead, by which the page finds it.

Nothing is drawn here. An element or command of a path that is not known is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from ..base.visible import visible
from ..drawing.style import runtime_of_gid
from . import svg_words
from .svg_paths import compact_path

_SHARED, _OWN, _CLASS = "s", "f", "k"  # how names in the page begin
_COMMENT = "comment"
_DROPPED = ("metadata", "style", "title", "desc", "script", _COMMENT)
_WITH_TEXT = ("text", "tspan")
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_SHIFT = re.compile(r"translate\((\S+?)(?:[ ,]+(\S+?))?\)")
_PLAIN = re.compile(r"[-\w#.,:; %']+")  # a style that may stand in the page's style sheet
_PLACES = ("x", "y", "width", "height", "x1", "x2", "y1", "y2", "cx", "cy", "r", "stroke-width")


class Figures:
    """The figures of one page."""

    def __init__(self) -> None:
        self._count = 0
        # By what they look like, their names.
        self._shapes: dict[tuple[str, ...], str] = {}
        self._letters: dict[str, set[str]] = {}  # by font
        self._styles: dict[str, str] = {}

    def inline(self, svg: str, said: str) -> Markup:
        """A figure, with what it says to those who do not see it. Raises ValueError where the text
        is no SVG."""
        try:
            with_comments = ElementTree.XMLParser(
                target=ElementTree.TreeBuilder(insert_comments=True)
            )
            root = ElementTree.fromstring(svg, with_comments)
        except ElementTree.ParseError as error:
            raise ValueError(f"not XML: {error}") from error
        if _tag(root) != "svg":
            raise ValueError(f"no SVG: its root is <{_tag(root)}>")
        self._count += 1
        for font, letters in svg_words.write_words(root).items():
            self._letters.setdefault(font, set()).update(letters)
        names = self._names_of(root)
        given = (("aria-label", visible(said)), ("viewBox", root.get("viewBox", "0 0 1 1")))
        body = "".join(text for child in root for text in self._written(child, names))
        return Markup(f'<svg class="plot" role="img"{_attributes(given)}>{body}</svg>')

    def shapes(self) -> Markup:
        """What the figures share. It stands in the page once, and is not seen."""
        paths = "".join(
            f'<path id="{name}"{_attributes(zip(("d", "style", "transform"), look, strict=True))}/>'
            for look, name in self._shapes.items()
        )
        return Markup(
            '<svg width="0" height="0" class="shapes" aria-hidden="true" focusable="false">'
            f"<defs>{paths}</defs></svg>"
        )

    def style(self) -> Markup:
        """The rules of what the figures are drawn and written with, for the page's style sheet."""
        rules = [f".{name}{{{style}}}" for style, name in self._styles.items()]
        if self._letters:
            rules += [
                f".plot text{{font-family:{svg_words.FAMILY};white-space:pre}}",
                svg_words.font_faces(self._letters),
            ]
        return Markup("\n".join(rules))

    def _names_of(self, root: Element) -> dict[str, str]:
        """By name in the figure, the name in the page: of all that is referred to."""
        names: dict[str, str] = {}
        for definitions in root.iter():
            for child in definitions:
                if _tag(definitions) == "defs" and _is_shape(child):
                    names[child.attrib["id"]] = self._shape(child)
        for number, name in enumerate(sorted(set(_referred_to(root)) - names.keys())):
            names[name] = f"{_OWN}{self._count}-{number}"
        return names

    def _shape(self, path: Element) -> str:
        look = (
            compact_path(path.get("d", "")),
            _style(path.get("style", ""), {}),
            _transform(path.get("transform", "")),
        )
        return self._shapes.setdefault(look, f"{_SHARED}{len(self._shapes)}")

    def _written(self, element: Element, names: dict[str, str]) -> Iterator[str]:
        """An element as text, in pieces."""
        tag = _tag(element)
        if tag in _DROPPED or names.get(element.get("id", ""), "").startswith(_SHARED):
            return
        has_text = tag in _WITH_TEXT
        inner = [text for child in element for text in self._written(child, names)]
        if has_text and element.text:
            inner.insert(0, str(escape(visible(element.text))))
        name = element.get("id", "")
        runtime = runtime_of_gid(name) if tag == "g" else None
        given = [] if runtime is None else [("data-runtime", visible(runtime))]
        if runtime is None and name in names:
            given.append(("id", names[name]))
        given += [self._drawn(*one) for one in _kept(element, names)]
        if tag in ("g", "defs") and not inner:
            return
        if tag == "g" and not given:
            yield from inner
            return
        if runtime is not None:
            inner.insert(0, f"<title>{escape(visible(runtime))}</title>")
        yield f"<{tag}{_attributes(given)}"
        yield from [">", *inner, f"</{tag}>"] if inner else ["/>"]
        if has_text and tag != "text" and element.tail:
            yield str(escape(visible(element.tail)))

    def _drawn(self, name: str, value: str) -> tuple[str, str]:
        """An attribute; of a style, which recurs, its class."""
        if name != "style" or not _PLAIN.fullmatch(value):
            return name, value
        return "class", self._styles.setdefault(value, f"{_CLASS}{len(self._styles)}")


def _is_shape(element: Element) -> bool:
    """Whether a definition is a path that refers to nothing: the same in every figure."""
    return (
        _tag(element) == "path"
        and "id" in element.attrib
        and not any(_REFERENCE.search(value) for value in element.attrib.values())
    )


def _referred_to(root: Element) -> Iterator[str]:
    for element in root.iter():
        for key, value in element.attrib.items():
            yield from _REFERENCE.findall(value)
            if _local(key) == "href" and value.startswith("#"):
                yield value[1:]


def _kept(element: Element, names: dict[str, str]) -> list[tuple[str, str]]:
    """The attributes that stay, but for the identifier."""
    kept: list[tuple[str, str]] = []
    for key, value in element.attrib.items():
        name = _local(key)
        if name == "id" or name.startswith("on"):
            continue
        if name == "href":
            if value[1:] in names and value.startswith("#"):
                kept.append((name, f"#{names[value[1:]]}"))
            elif value.startswith("data:"):
                kept.append((name, value))
        elif name == "d":
            kept.append((name, compact_path(value)))
        elif name == "style":
            kept.append((name, _style(value, names)))
        elif name == "transform":
            kept += _moved(_tag(element), element, value)
        elif name in _PLACES:
            kept.append((name, _rounded(value)))
        else:
            kept.append((name, _renamed(value, names)))
    return kept


def _moved(tag: str, element: Element, value: str) -> list[tuple[str, str]]:
    """A transform. Where all it does is to move a glyph, that is shorter said by its place."""
    shift = _SHIFT.fullmatch(value)
    if tag != "use" or shift is None or "x" in element.attrib or "y" in element.attrib:
        return [("transform", _transform(value))]
    places = (("x", _rounded(shift[1])), ("y", _rounded(shift[2] or "0")))
    return [(name, place) for name, place in places if place != "0"]


def _transform(value: str) -> str:
    """What is moved keeps two digits; what is scaled keeps all."""
    return re.sub(r"translate\([^)]*\)", lambda move: _rounded(move[0]), value)


def _style(value: str, names: dict[str, str]) -> str:
    return re.sub(r"\s*([:;])\s*", r"\1", _renamed(value, names).strip())


def _renamed(value: str, names: dict[str, str]) -> str:
    return _REFERENCE.sub(lambda found: f"url(#{names.get(found[1], '')})", value)


def _rounded(value: str) -> str:
    return _NUMBER.sub(lambda number: f"{round(float(number[0]), 2):.6g}", value)


def _attributes(given: Iterable[tuple[str, str]]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in given if value)


def _tag(element: Element) -> str:
    return _local(element.tag) if isinstance(element.tag, str) else _COMMENT


def _local(name: str) -> str:
    """A name without its name space: a page in HTML has none."""
    return name.rpartition("}")[2]
