"""Are the examples of the OpenAPI document answered with the values that the sample store was written with?"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.support.service import ServedCatalogue

# The writer of sample stores: element [i, j] of the array of the n-th sample is n * 1e6 + i * 1000 + j.
VALUES = 1e6 + np.add.outer(np.arange(90) * 1000.0, np.arange(100.0))


@pytest.fixture(scope="module")
def document(sample_service: ServedCatalogue) -> Any:
    with sample_service.client() as client:
        return client.get("openapi.json").json()


def examples(operation: Any, name: str) -> list[str]:
    [found] = [each for each in operation["parameters"] if each["name"] == name]
    return list(found.get("examples") or found["schema"]["examples"])


def test_a_part_of_an_array(sample_service: ServedCatalogue, document: Any) -> None:
    by_path, by_iri = (document["paths"][address]["get"] for address in ("/arrays/{path}", "/arrays"))
    [path], [iri] = examples(by_path, "path"), examples(by_iri, "iri")
    select = examples(by_path, "select")[0]
    with sample_service.client() as client:
        for address, params in ((f"arrays/{path}", {}), ("arrays", {"iri": iri})):
            answer = client.get(address, params={**params, "select": select})
            np.testing.assert_array_equal(np.load(io.BytesIO(answer.content)), VALUES[:10][:, [3, 1, 2]])


def test_points(sample_service: ServedCatalogue, document: Any) -> None:
    operation = document["paths"]["/sample/{path}"]["post"]
    [path] = examples(operation, "path")
    content = operation["requestBody"]["content"]
    expected = [VALUES[0, 5], VALUES[3, 9]]
    with sample_service.client() as client:
        for example in content["application/json"]["examples"].values():
            assert client.post(f"sample/{path}", json=example["value"], params={"format": "json"}).json()["values"] == expected
        body = {"content": content["text/csv"]["example"], "headers": {"Content-Type": "text/csv"}}
        answer = client.post(f"sample/{path}", params={"format": "csv"}, **body)
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["time", "wavelength", "sample1Dataset"]
    assert [[float(each) for each in row] for row in rows[1:]] == [[0, 5, expected[0]], [3, 9, expected[1]]]


def test_records(sample_service: ServedCatalogue, document: Any) -> None:
    operation = document["paths"]["/record/{path}"]["get"]
    [path] = examples(operation, "path")
    expected = [VALUES[:10][:, [3, 1, 2]], VALUES[[0, 3], [5, 9]]]
    with sample_service.client() as client:
        for select, values in zip(examples(operation, "select"), expected, strict=True):
            record = client.get(f"record/{path}", params={"select": select}).json()
            [digest] = [node["schema:sha256"] for node in record["@graph"] if "zo:resultShape" in node]
            assert digest == hashlib.sha256(np.ascontiguousarray(values).astype("<f8").tobytes()).hexdigest()
    told = operation["responses"]["200"]["content"]["application/ld+json"]["example"]
    kinds = {kind for node in record["@graph"] for kind in np.atleast_1d(node.get("@type", []))}
    assert {kind for node in told["@graph"] for kind in node["@type"]} <= kinds, "the example is shaped like a record"


def _first(described: Any) -> Any:
    """The first example of a parameter, or None."""
    found = described.get("examples") or described["schema"].get("examples") or [described.get("example")]
    return (found or [None])[0]


def _requests(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What somebody sends who takes all examples of an operation together; operations whose path has none are left out."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            given = {each["name"]: (each["in"], _first(each)) for each in operation.get("parameters", ())}
            address = path
            for name, (_, value) in given.items():
                address = address.replace(f"{{{name}}}", str(value or f"{{{name}}}"))
            params = {name: value for name, (where, value) in given.items() if where == "query" and value is not None}
            if "{" in address or method not in {"get", "post"}:
                continue
            if method == "get":
                yield method, address, {"params": params}
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                listed = content.get("examples")
                for value in [each["value"] for each in listed.values()] if listed else [content["example"]]:
                    if media_type == "application/x-www-form-urlencoded":
                        yield method, address, {"params": params, "data": value}
                    else:
                        body = value if isinstance(value, str) else json.dumps(value)
                        yield method, address, {"params": params, "content": body, "headers": {"Content-Type": media_type}}


def test_every_example_can_be_sent_as_it_stands(sample_service: ServedCatalogue, document: Any) -> None:
    sent, refused = set(), []
    with sample_service.client(follow_redirects=True) as client:
        for method, address, more in _requests(document):
            answer = client.request(method, address, **more)
            sent.add(address)
            if answer.status_code != 200 and address not in {"/references", "/metrics"}:  # none yet; for keys
                refused.append((method, address, more, answer.status_code, answer.text[:300]))
    assert refused == []
    assert {"/search", "/sparql", "/resolve", "/plan", "/arrays", "/sample", "/catalog"} <= sent
