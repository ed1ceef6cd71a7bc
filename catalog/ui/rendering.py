"""How does a page become HTML? Templates beside this file; every value that is put in is escaped."""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from catalog.metadata.misleading import show_misleading

_BEYOND = "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
_NOT_IN_HTML: Final = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef{_BEYOND}]")
_FOLDER = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )


def _visible(value: Any) -> Any:
    """A text whose control characters, and those that people do not see, are shown; what HTML cannot hold at all is replaced."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    if _NOT_IN_HTML.search(value):
        value = _NOT_IN_HTML.sub(lambda found: _picture(ord(found[0])), value)
    return show_misleading(value)


def _picture(code: int) -> str:
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


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
