"""How do people see what a search found?"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from catalog.rdf.iris import Iris
from catalog.services.search_answer import Hit, SearchAnswer
from catalog.ui.rendering import render
from catalog.ui.shown import Shower
from catalog.ui.thing_pages import Site

KINDS: Final[Mapping[str, str]] = {
    "nodes": "groups and arrays",
    "arrays": "arrays",
    "groups": "groups",
    "datasets": "datasets",
    "images": "images",
}
"""What the form offers to search for, with the words that people read."""
_IN_FORM: Final = frozenset({"q", "kind", "cursor"})


def search_page(site: Site, iris: Iris, asked: Sequence[tuple[str, str]], answer: SearchAnswer) -> bytes:
    """The form, with what was asked, and one page of what was found.

    Parameters
    ----------
    asked
        The parameters of the address, in order; those that the form does not have are kept in it.
    """
    given = dict(asked)
    rest = [(name, value) for name, value in asked if name not in _IN_FORM]
    following = [pair for pair in asked if pair[0] != "cursor"]
    return render(
        "search",
        site=site,
        shower=Shower(iris),
        title="Search",
        formats=[],
        words=given.get("q", ""),
        kind=answer.kind,
        kinds=KINDS,
        kept=rest,
        answer=answer,
        hits=[(hit, _about(hit)) for hit in answer.hits],
        narrowed=lambda term, value: "?" + urlencode([*following, (term, value)]),
        next="?" + urlencode([*following, ("cursor", answer.next)]) if answer.next else "",
    )


def _about(hit: Hit) -> str:
    """What helps to choose: shape with the names of dimensions, data type, units, what it measures."""
    names = hit.dimension_names or ()
    axes = [f"{name} {size}" if name else str(size) for name, size in zip(names, hit.shape or (), strict=False)]
    shape = " \N{MULTIPLICATION SIGN} ".join(axes or [str(size) for size in hit.shape or ()])
    return ", ".join(filter(None, (hit.standard_name, shape, hit.data_type, hit.units)))
