"""A page of HTML from a Jinja2 template: one file that needs no other and no network, with every
text escaped and every character that would not be seen as its escape. All pages share the looks of
templates/look.css. Leaves out what stands in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from .visible import visible

_SHARED = Path(__file__).resolve().parent / "templates"


def html_page(template: Path, values: dict[str, Any]) -> str:
    """The page that a template makes of these values."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, _SHARED]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template.name).render(values)


def _shown(value: Any) -> Any:
    return visible(value) if type(value) is str else value
