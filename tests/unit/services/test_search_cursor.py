"""Is a cursor of one search alone, and does the order of keys hold?"""

import base64
import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.errors import InputError
from catalog.graphstore.bindings import XSD, Iri, Literal
from catalog.services.search_cursor import NOTHING, read_cursor, sort_key, turned, write_cursor
from catalog.services.search_request import FacetWanted, SearchRequest, Wanted

ASKED = SearchRequest("arrays", sort=("run",), limit=5)


def test_a_cursor_comes_back_as_it_was() -> None:
    for term in (
        Literal("12", f"{XSD}integer"),
        Literal("1.5E300", f"{XSD}double"),
        Literal('ü"\n'),
        Iri("http://a.example/x"),
        None,
    ):
        keys = (sort_key(term),)
        cursor = write_cursor(ASKED, keys, "http://a.example/ü")
        assert read_cursor(replace(ASKED, cursor=cursor), 1) == (keys, "http://a.example/ü")
        assert cursor.isascii()
        assert not set(cursor) & set("+/=&?# ")
    assert read_cursor(ASKED, 1) is None


def test_another_searchs_cursor_is_refused() -> None:
    cursor = write_cursor(ASKED, (NOTHING,), "http://a.example/x")
    same = replace(ASKED, cursor=cursor, limit=100, facets=(FacetWanted("dtype"),))
    assert read_cursor(same, 1) is not None, "limit and facets change neither hits nor order"
    for other in (
        replace(same, kind="groups"), replace(same, sort=("-run",)), replace(same, text="x"),
        replace(same, box=(0.0, 0.0, 1.0, 1.0)), replace(same, filter=Wanted("ndim", "exact", 1)),
        replace(same, interval=(None, None)),
    ):  # fmt: skip
        with pytest.raises(InputError, match="another search"):
            read_cursor(other, 1)


def test_what_is_no_cursor_is_refused() -> None:
    good = json.loads(base64.urlsafe_b64decode(write_cursor(ASKED, (NOTHING,), "x") + "=="))
    mark = good[0]
    rng = random.Random(1)
    wrong = [
        "x", "ü", "====", "W10", *(base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in (
            [], {}, 5, [mark], [mark, [], 5], [mark, 3, "x"], [mark, [[9, "0"]] * 2, "x"],
            *([mark, [key], "x"] for key in ([0, "x"], [7, "x"], [True, "1"], [0, "NaN"], [2, 5], [2], [[], "0"])),
        )),
        *("".join(rng.choices("abcXYZ019-_", k=rng.randint(1, 60))) for _ in range(200)),
    ]  # fmt: skip
    for cursor in wrong:
        with pytest.raises(InputError):
            read_cursor(replace(ASKED, cursor=cursor), 1)


def test_numbers_come_before_times_and_these_before_texts_and_nothing_last() -> None:
    terms = [
        Literal("-INF", f"{XSD}double"), Literal("-2", f"{XSD}integer"), Literal("0.1", f"{XSD}decimal"),
        Literal("1.0E0", f"{XSD}double"), Literal("9007199254740993", f"{XSD}integer"), Literal("2020-01-01", f"{XSD}date"),
        Literal("2020-01-01T05:00:00+04:00", f"{XSD}dateTime"),
        Literal("2020-01-01T02:00:00Z", f"{XSD}dateTime"),
        Literal("A"), Literal("a"), Literal("ab"), Literal("\U0001f52c"), None,
    ]  # fmt: skip
    keys = [sort_key(term) for term in terms]
    shuffled = list(keys)
    random.Random(2).shuffle(shuffled)
    assert sorted(shuffled) == keys
    assert sorted(shuffled, key=turned) == [*reversed(keys[:-1]), NOTHING]
    assert sort_key(Literal("NaN", f"{XSD}double")) == NOTHING
    assert sort_key(Literal("9007199254740993", f"{XSD}integer"))[1] == Decimal(9007199254740993)
