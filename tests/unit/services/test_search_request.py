"""Is every number, list and text of a search bounded, and do its two forms say the same?"""

import json
from typing import Any

import pytest

from catalog.errors import InputError, LimitExceededError
from catalog.services.search_params import parse_parameters
from catalog.services.search_request import Joined, Negated, Wanted, parse_search, read_search


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"ndim": 1}
    for _ in range(depth - 1):
        found = {"not": found}
    return found


@pytest.mark.parametrize(
    ("request_", "limit"),
    [
        ({"limit": 1001}, "search-limit"),
        ({"sample": 1001}, "search-sample"),
        ({"facets": ["a"] * 9}, "search-facets"),
        ({"facets": [{"term": "dtype", "limit": 201}]}, "search-limit"),
        ({"sort": ["a"] * 4}, "search-sort"),
        ({"text": "x" * 501}, "search-text-characters"),
        ({"cursor": "x" * 8193}, "search-cursor-characters"),
        ({"seed": "x" * 101}, "search-seed-characters"),
        ({"filter": {"or": [{"ndim": at} for at in range(33)]}}, "search-conditions"),
        ({"filter": nested(9)}, "search-filter-depth"),
        ({"filter": {"path__in": ["a"] * 501}}, "search-values"),
        ({"filter": {"path": "x" * 4097}}, "search-value-characters"),
        ({"filter": {"x" * 501: 1}}, "search-term-characters"),
    ],
)
def test_each_limit_is_named(request_: dict[str, Any], limit: str) -> None:
    with pytest.raises(LimitExceededError) as caught:
        read_search(request_)
    assert caught.value.limit == limit
    assert caught.value.value > caught.value.allowed


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"\xff", b'{"limit": NaN}', b"[" * 100_000, b'{"a":' * 100_000, b'{"kind": "things"}',
        b'{"other": 1}', b'{"limit": true}', b'{"limit": -1}', b'{"limit": 1.5}', b'{"sort": 3}', b'{"sort": [""]}',
        b'{"text": 5}', b'{"bbox": [1, 2, 3]}', b'{"bbox": [0, 10, 1, 5]}', b'{"bbox": [0, 0, 181, 5]}',
        b'{"bbox": ["0", 0, 1, 5]}', b'{"bbox": [1e999, 0, 1, 5]}', b'{"datetime": "yesterday"}',
        b'{"datetime": "2021/2020"}', b'{"datetime": "../.."}', b'{"datetime": "2020-13"}',
        b'{"datetime": "2020/2021/2022"}', b'{"filter": {}}', b'{"filter": []}', b'{"filter": {"or": []}}',
        b'{"filter": {"term": "a"}}', b'{"filter": {"term": "a", "value": 1, "op": "~"}}',
        b'{"filter": {"term": 5, "value": 1}}', b'{"filter": {"a": {"b": 1}}}', b'{"filter": {"a": [[[[1]]]]}}',
        b'{"filter": {"a": 1e999}}', b'{"filter": {"a": 1' + b"0" * 101 + b"}}",
        b'{"filter": {"same": [{"or": [{"a": 1}]}]}}', b'{"sample": 3, "cursor": "x"}', b'{"sample": 0}',
        b'{"text": "\\ud800"}', b'{"filter": {"\\udc00": 1}}', b'{"facets": [{"term": "a", "more": 1}]}',
        b'{"facets": [5]}', b'{"seed": "\\ud800"}',
    ],
)  # fmt: skip
def test_what_is_no_search_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        parse_search(body)


def test_conditions_say_what_they_say() -> None:
    assert read_search({"filter": {"ndim__gte": 3}}).filter == Wanted("ndim", "gte", 3)
    assert read_search({"filter": {"a": 1, "b__not-in": [2]}}).filter == Joined(
        "and", (Wanted("a", "exact", 1), Negated(Wanted("b", "in", [2])))
    )
    assert read_search({"filter": {"a": 1, "b": 2}}).filter == Joined("same", (Wanted("a", "exact", 1), Wanted("b", "exact", 2)))
    for sign, name in (
        ("=", "exact"),
        ("<", "lt"),
        ("<=", "lte"),
        ("≤", "lte"),
        (">", "gt"),
        (">=", "gte"),
        ("≥", "gte"),
        ("in", "in"),
    ):
        assert read_search({"filter": {"term": "a", "op": sign, "value": 1}}).filter == Wanted("a", name, 1)
    assert read_search({"filter": {"term": "a", "op": "!=", "value": 1}}).filter == Negated(Wanted("a", "exact", 1))


def test_an_address_says_what_a_body_says() -> None:
    given = [
        ("kind", "arrays"), ("q", "sea"), ("bbox", "170,-10,-170,10"), ("datetime", "2020-01/.."), ("facet", "dtype,dims"),
        ("facet", "units"), ("facet_limit", "3"), ("sort", "-ndim,path"), ("limit", "5"), ("cursor", "abc"),
        ("filter", '{"or": [{"ndim": 1}, {"ok": true}]}'),
    ]  # fmt: skip
    body = {
        "kind": "arrays", "text": "sea", "bbox": [170, -10, -170, 10], "datetime": "2020-01/..", "sort": ["-ndim", "path"],
        "facets": [{"term": term, "limit": 3} for term in ("dtype", "dims", "units")], "limit": 5, "cursor": "abc",
        "filter": {"or": [{"ndim": 1}, {"ok": True}]},
    }  # fmt: skip
    assert parse_parameters(given) == parse_search(json.dumps(body))
    assert parse_parameters([("ndim__gte", "3")]).filter == Wanted("ndim", "gte", "3", typed=False)
    for wrong in ([("limit", "1e3")], [("limit", "٣")], [("ndim", "1"), ("ndim", "2")], [("bbox", "a,b,c,d")], [("filter", "{")]):
        with pytest.raises(InputError):
            parse_parameters(wrong)
    with pytest.raises(InputError):
        parse_parameters([(f"a{at}", "1") for at in range(101)])
