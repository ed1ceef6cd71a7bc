"""How does a page become HTML? Templates beside this file; every value that is put in is escaped."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def render(template: str, /, **values: Any) -> bytes:
    """A page: a template of the folder beside this file, with what it shows."""
    return _environment().get_template(f"{template}.html").render(style=style_name(), **values).encode()


@cache
def style_sheet() -> bytes:
    """The style sheet of all pages."""
    return (_FOLDER / "style.css").read_bytes()


@cache
def style_name() -> str:
    """The name of the style sheet, which changes with what it says, so that browsers may keep it for good."""
    return f"style-{hashlib.sha256(style_sheet()).hexdigest()[:12]}.css"
