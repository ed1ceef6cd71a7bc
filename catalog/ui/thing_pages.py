"""How do people see a dataset, a node, or any other thing that the catalogue knows?"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from catalog.graphstore.bindings import Literal
from catalog.rdf import terms
from catalog.rdf.dcat import IMAGE_CLASSES, Entry
from catalog.rdf.iris import Iris, encoded_path
from catalog.rdf.prefixes import DCT, RDF_TYPE, RDFS_LABEL
from catalog.services.describe import Description, Said
from catalog.ui.opening import Opening, openings
from catalog.ui.rendering import render
from catalog.ui.schema_org import dataset_json_ld
from catalog.ui.shown import Row, Shower, Shown

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_DETAILS: Final = 40
"""Things that a thing consists of, told of in its page."""
_SHOWN_APART: Final = {terms.ATTRIBUTE, terms.DIMENSION}


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages of a deployment share: its title, and the path of its home page."""

    title: str
    root: str


@dataclass(frozen=True, slots=True)
class _Axis:
    name: Shown
    size: str
    chunk: str
    shard: str


@dataclass(frozen=True, slots=True)
class _Structure:
    axes: tuple[_Axis, ...]
    data_type: Shown
    fill_value: str
    zarr_format: str
    chunk_count: str
    codecs: tuple[Shown, ...]


def dataset_page(site: Site, iris: Iris, about: Description, entry: Entry) -> bytes:
    """The page of a dataset."""
    ways = openings(iris, entry.id, "", is_array=False, is_image=entry.is_image, is_public=entry.access == "public")
    return _thing(
        site, iris, about, "dataset", entry.title, entry=entry, zarr=iris.zarr(entry.id), ways=ways if entry.root else [],
        json_ld=dataset_json_ld(iris, entry, site.title),
    )  # fmt: skip


def node_page(site: Site, iris: Iris, about: Description, dataset: Entry) -> bytes:
    """The page of a group or an array."""
    shower = Shower(iris)
    path, is_array = about.one(terms.PATH), about.kind == "array"
    structure = _structure(shower, about) if is_array else None
    is_image = any(each.value in IMAGE_CLASSES for each in about.all(RDF_TYPE))
    ways = openings(iris, dataset.id, path, is_array=is_array, is_image=is_image, is_public=dataset.access == "public")
    return _thing(
        site, iris, about, "node", _title(about, f"/{path}"), dataset=shower.link(dataset.iri, dataset.title), array=structure,
        attributes=_attributes(shower, about), way=_way(shower, iris, dataset, path), ways=ways,
        reading=_reading(iris, about, dataset, structure.axes) if structure else [],
    )  # fmt: skip


def thing_page(site: Site, iris: Iris, about: Description) -> bytes:
    """The page of anything else."""
    return _thing(site, iris, about, "thing", _title(about, Shower(iris).name(about.iri)))


def _title(about: Description, otherwise: str) -> str:
    return about.one(f"{DCT}title") or (about.one(RDFS_LABEL) if about.kind == "thing" else "") or otherwise


def _thing(site: Site, iris: Iris, about: Description, template: str, title: str, **more: Any) -> bytes:
    shower = Shower(iris)
    page = about.children.page if about.children else 1
    own = [each for each in about.statements if each.subject == about.iri]
    return render(
        template,
        site=site,
        shower=shower,
        title=title,
        formats=shower.formats(about.iri, page),
        rows=shower.rows(own, _SHOWN_APART if template == "node" else ()),
        details=_details(shower, about) if template != "node" else _details(shower, about, _apart(about)),
        links=[(shower.link(each.subject), shower.link(each.predicate)) for each in about.links],
        complete=about.complete,
        children=about.children,
        here=shower.href(about.iri),
        **more,
    )


def _apart(about: Description) -> set[str]:
    """What the node's own tables show already."""
    return {each.target.value for each in about.statements if each.subject == about.iri and each.predicate in _SHOWN_APART}


def _details(shower: Shower, about: Description, without: Iterable[str] = ()) -> list[tuple[Shown, list[Row]]]:
    """What is said of the things that it consists of."""
    left_out = {about.iri, *without}
    parts: dict[str, list[Said]] = {}
    for each in about.statements:
        if each.subject not in left_out:
            parts.setdefault(each.subject, []).append(each)
    return [(shower.link(subject), shower.rows(parts[subject])) for subject in sorted(parts)[:MAX_DETAILS]]


def _structure(shower: Shower, about: Description) -> _Structure:
    layout = about.one(terms.LAYOUT)
    shape = _numbers(about.one(terms.SHAPE))
    chunk, shard = _numbers(about.one(terms.CHUNK_SHAPE, layout)), _numbers(about.one(terms.SHARD_SHAPE, layout))
    by_index = {int(about.one(terms.DIMENSION_INDEX, each.value) or 0): each.value for each in about.all(terms.DIMENSION)}
    axes = []
    for index, size in enumerate(shape):
        iri = by_index.get(index, "")
        name = shower.link(iri, about.one(RDFS_LABEL, iri) or f"dimension {index}") if iri else Shown(f"dimension {index}")
        axes.append(_Axis(name, str(size), _at(chunk, index), _at(shard, index)))
    grid = shard or chunk
    counts = [-(-size // max(1, step)) for size, step in zip(shape, grid, strict=False)]
    steps = sorted(about.all(terms.CODEC_PIPELINE, layout), key=lambda each: int(about.one(terms.POSITION, each.value) or 0))
    return _Structure(
        axes=tuple(axes),
        data_type=shower.link(about.one(terms.DATA_TYPE, layout), about.one(terms.DATA_TYPE_NAME, layout)),
        fill_value=about.one(terms.FILL_VALUE, layout) or "in the layout's document",
        zarr_format=about.one(terms.ZARR_FORMAT, layout),
        chunk_count=f"{math.prod(counts)} {'shards' if shard else 'chunks'}" if len(grid) == len(shape) else "an irregular grid",
        codecs=tuple(shower.link(each.value, _codec(about, each.value)) for each in steps),
    )


def _codec(about: Description, iri: str) -> str:
    return f"{about.one(terms.CODEC_NAME, iri)} {about.one(terms.CONFIGURATION, iri)}".strip()[:300]


def _numbers(text: str) -> list[int]:
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return found if isinstance(found, list) and all(isinstance(each, int) for each in found) else []


def _at(values: Sequence[int], index: int) -> str:
    return str(values[index]) if index < len(values) else ""


def _attributes(shower: Shower, about: Description) -> list[tuple[str, Shown]]:
    found = []
    for each in about.all(terms.ATTRIBUTE):
        values = about.all(terms.VALUE, each.value) or about.all(terms.JSON_VALUE, each.value)
        value = values[0] if values else Literal("")
        found.append((about.one(terms.KEY, each.value), shower.value(value)))
    return sorted(found, key=lambda pair: pair[0])


def _way(shower: Shower, iris: Iris, dataset: Entry, path: str) -> list[Shown]:
    """From the dataset down to a node."""
    steps = path.split("/") if path else []
    above = [shower.link(iris.node(dataset.id, "/".join(steps[:n])), steps[n - 1]) for n in range(1, len(steps))]
    last = [Shown(steps[-1])] if steps else []
    root = [shower.link(dataset.root, "/")] if dataset.root and path else []
    return [shower.link(dataset.iri, dataset.title), *root, *above, *last]


def _reading(iris: Iris, about: Description, dataset: Entry, axes: Sequence[_Axis]) -> list[Opening]:
    """How to read an array's values with what this project offers."""
    path = about.one(terms.PATH)
    url = f"{iris.base}arrays/{about.iri.removeprefix(iris.base)}?format=npy{_first_part(axes)}"
    python = (
        "import catalog\n\n"
        "cat = catalog.connect()\n"
        f"array = cat.arrays(dataset={dataset.iri!r}, path={path!r}).one()\n"
        "array.plan()     # what it would cost\n"
        "array.compute()  # a NumPy array"
    )
    metadata = "zarr.json" if about.one(terms.ZARR_FORMAT, about.one(terms.LAYOUT)) == "3" else ".zarray"
    document = f"{iris.zarr(dataset.id)}/{encoded_path(path)}/{metadata}" if path else f"{iris.zarr(dataset.id)}/{metadata}"
    return [
        Opening("Python, with this project's client", code=python),
        Opening("Over HTTP, a part as NumPy file", code=f'curl -o part.npy "{url}"'),
        Opening("Over HTTP, its metadata", code=f'curl "{document}"'),
    ]


def _first_part(axes: Sequence[_Axis]) -> str:
    """What asks for a plane of at most 100 by 100 elements; nothing where a dimension has no name that goes without quotes."""
    names = [axis.name.text for axis in axes]
    if not axes or len(set(names)) < len(names) or not all(_WORD.fullmatch(name) for name in names):
        return ""
    parts = [f"{name}=0" for name in names[:-2]]
    parts += [f"{axis.name.text}=0:{min(100, int(axis.size))}" for axis in axes[-2:]]
    return f"&select={quote(','.join(parts), safe=':,=')}"
