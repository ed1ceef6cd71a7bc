"""Content negotiation and conditions, by the examples and rules of RFC 9110."""

import pytest

from catalog.api.negotiation import choose, entity_tag, is_same, may_change

OFFERS = ("text/turtle", "application/ld+json", "application/rdf+xml", "text/html")


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, "text/turtle"),
        ("", "text/turtle"),
        ("*/*", "text/turtle"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/html;level=1", "text/html"),
        ("application/ld+json;q=0.5, text/html;q=0.4", "application/ld+json"),
        ("text/*;q=0.3, text/html;q=0.7, */*;q=0.1", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),  # what browsers send
        ("application/rdf+xml;q=1.0,*/*;q=0", "application/rdf+xml"),
        ("text/turtle;q=0, */*", "application/ld+json"),
        (
            'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted, x";q=0.9, text/turtle;q=0.8',
            "application/ld+json",
        ),
        ("application/*", "application/ld+json"),
        ("image/png", None),
        ("text/html;q=0", None),
        ("*/*;q=0", None),
        ("nonsense", None),
        ("nonsense, text/html", "text/html"),
        ("text/html ; q=0.2 , text/turtle ; Q=0.1", "text/html"),
    ],
)
def test_what_the_client_likes_best(accept: str | None, wanted: str | None) -> None:
    assert choose(accept, OFFERS) == wanted


def test_a_very_long_header_is_cut() -> None:
    assert choose("x/y," * 100_000 + "text/html", OFFERS) is None


def test_tags_follow_content_and_variant() -> None:
    tags = {entity_tag(b"a"), entity_tag(b"b"), entity_tag(b"a", "ttl"), entity_tag(b"a", "nt")}
    assert len(tags) == 4
    assert entity_tag(b"a", "ttl") == entity_tag(b"a", "ttl")
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


@pytest.mark.parametrize(
    ("header", "same"),
    [(None, False), ("*", True), ('"x"', True), ('W/"x"', True), ('"y", "x"', True), ('"y"', False), ("x", False), ("", False)],
)
def test_if_none_match_compares_weakly(header: str | None, same: bool) -> None:
    assert is_same('"x"', header) is same


@pytest.mark.parametrize(
    ("header", "allowed"),
    [(None, True), ("*", True), ('"x"', True), ('"x-ttl"', True), ('"y", "x-jsonld"', True), ('W/"x"', False), ('"y"', False)],
)
def test_if_match_compares_strongly(header: str | None, allowed: bool) -> None:
    assert may_change(['"x"'], header) is allowed
