"""Does a page show what is in a text, and nothing else?"""

import html5lib
import pytest

from catalog.ui.rendering import render
from tests.unit.metadata.test_misleading import DIRECTIONS, UNSEEN


@pytest.mark.parametrize(
    "text", ["safe\u202egnp.exe", "a\u200bb", f"x{DIRECTIONS}{UNSEEN}y", "<b>\x00\x1b[31m\x85</b>", "\ufffe&amp;"]
)
def test_what_is_not_seen_or_not_allowed_is_shown(text: str) -> None:
    page = render("thing", title=text, site=_Anything(), formats=[], rows=[], complete=True, details=[], links=[]).decode()
    assert not set(page) & {*DIRECTIONS, *UNSEEN, "\x00", "\x1b", "\x85", "\ufffe"}
    tree = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False).parse(page)
    heading = tree.find(".//h1")
    (isolated,) = heading
    assert isolated.tag == "bdi", "its direction stays inside"
    shown = "".join(heading.itertext())
    for character in set(text) & {*DIRECTIONS, *UNSEEN}:
        assert f"[U+{ord(character):04X}]" in shown


class _Anything:
    """A site of which only the text matters."""

    title, root = "catalogue", "/"
