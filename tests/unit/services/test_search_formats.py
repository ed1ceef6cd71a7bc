"""Are hits what they are in every format, and harmless in a spreadsheet?"""

import csv
import io
import json

import pyarrow as pa
import pyoxigraph as ox

from catalog.services.search_answer import Hit, Matched, SearchAnswer
from catalog.services.search_formats import COLUMNS, headers, to_arrow, to_csv, to_jsonld

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
BASE = "http://localhost:8000/datasets/a"
HITS = (
    Hit(BASE, "dataset", "=cmd|' /C calc'!A0", "+1", BASE, "=cmd"),
    Hit(f"{BASE}/nodes/v", "array", "v", '@"x"\n', BASE, "-n", "\tv", "air_pressure", "Pa", (2, 2**63), "float32", ("=t", None)),
    Hit(f"{BASE}/nodes/g", "group", "g", "ü, 1", BASE, "n", "g", matched=Matched("\r=1", "http://x.example/p", 2.5)),
)
ANSWER = SearchAnswer("nodes", HITS, 17, exact=False, next="abc", reasons=("text: cut ü",))


def test_csv_is_read_back_and_runs_nothing() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(ANSWER), newline="")))
    assert rows[0] == list(COLUMNS)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    cells = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert cells[0]["name"] == "'=cmd|' /C calc'!A0"
    assert cells[1]["title"] == '\'@"x"\n'
    assert json.loads(cells[1]["shape"]) == [2, 2**63]
    assert json.loads(cells[1]["dimension_names"]) == ["=t", None]
    assert (cells[2]["title"], cells[2]["shape"], cells[2]["score"]) == ("ü, 1", "", "2.5")


def test_arrow_keeps_types_and_says_what_was_cut_off() -> None:
    table = pa.ipc.open_stream(to_arrow(ANSWER)).read_all()
    assert table.column_names == list(COLUMNS)
    assert table["shape"].to_pylist() == [None, [2, 2**63], None]
    assert table["dimension_names"].to_pylist() == [None, ["=t", None], None]
    assert table["name"].to_pylist()[0] == "=cmd|' /C calc'!A0", "Arrow runs nothing, so nothing is changed"
    assert table.schema.metadata[b"Catalog-Complete"] == b"false"
    assert table.schema.metadata[b"Catalog-Total-Relation"] == b"at-least"
    empty = pa.ipc.open_stream(to_arrow(SearchAnswer("nodes", (), 0))).read_all()
    assert empty.schema.equals(table.schema)
    assert all(value.isascii() for value in headers(ANSWER).values())


def test_json_ld_says_what_the_graph_says() -> None:
    triples = {
        (str(each.subject), each.predicate.value, each.object)
        for each in ox.parse(json.dumps(to_jsonld(ANSWER)), format=ox.RdfFormat.JSON_LD)
    }
    zo, array = "https://w3id.org/zarr-catalog/ns#", f"<{BASE}/nodes/v>"
    assert (array, RDF_TYPE, ox.NamedNode(f"{zo}ZarrArray")) in triples
    assert (array, f"{zo}inDataset", ox.NamedNode(BASE)) in triples
    assert (array, f"{zo}shape", ox.Literal("[2,9223372036854775808]", datatype=ox.NamedNode(f"{zo}json"))) in triples
    assert (array, f"{zo}standardName", ox.Literal("air_pressure")) in triples
    assert (
        f"<{BASE}>",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
        ox.NamedNode("http://www.w3.org/ns/dcat#Dataset"),
    ) in triples
    assert len([each for each in triples if each[1].endswith("#first")]) == 3, "an ordered list"
