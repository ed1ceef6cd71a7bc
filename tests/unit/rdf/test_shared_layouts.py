"""Is each line written once, whatever arrays share?"""

import json

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import parse_hierarchy
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from tests.support.zarr_documents import array_v3, group_v3


def test_layouts_that_share_a_codec_write_it_once() -> None:
    nodes = {"a": array_v3([4], [4]), "b": array_v3([4], [2]), "c": array_v3([4], [1])}
    root = {**group_v3(), "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": nodes}}
    hierarchy = parse_hierarchy([Document("zarr.json", json.dumps(root).encode())])
    lines = describe(hierarchy, "x", Iris()).structure.splitlines()
    assert sum(b"ns#codecName> " in line for line in lines) == 1, "one codec, three layouts"
    assert sum(b"ns#layoutDocument> " in line for line in lines) == 3
    assert len(lines) == len(set(lines))
