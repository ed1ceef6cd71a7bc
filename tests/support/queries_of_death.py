"""Queries that end a process, never end, or eat all memory. Each is small: a stranger could send it.

Most are within the guard's limits, as those that are not never reach an engine; some of those are here too.
"""

from collections.abc import Mapping
from typing import Final


def _select(pattern: str, what: str = "(COUNT(*) AS ?n)", rest: str = "") -> str:
    return f"SELECT {what} {{ {pattern} }} {rest}"


def _product(count: int, separator: str = " . ") -> str:
    return separator.join(f"?s{i} ?p{i} ?o{i}" for i in range(count))


def _nested(opening: str, core: str, closing: str, depth: int) -> str:
    return opening * depth + core + closing * depth


def _doubling(count: int, function: str) -> str:
    first = "?s ?p ?o . BIND(STR(?s) AS ?x0) "
    return first + " ".join(f"BIND({function.format(x=f'?x{i}')} AS ?x{i + 1})" for i in range(count))


_ANY: Final = "(<x:p>|!<x:p>)"
_KEYS: Final = " ".join(f"STRLEN(CONCAT(STR(?o0), '{i}'))" for i in range(60))
_LONG: Final = " || ".join(f"?o = {i}" for i in range(900))


def _nestings() -> dict[str, str]:
    """Deep, within the guard's 64 levels and beyond."""
    return {
        "exists 900": _select(_nested("?s ?p ?o FILTER EXISTS { ", "?s ?p ?o", " }", 900)),
        "braces 5000": _select("{" * 5000 + "}" * 5000),
        "parentheses 5000": _select(f"BIND({'(' * 5000}1{')' * 5000} AS ?x)"),
        "optional 2000": _select(_nested("?s ?p ?o OPTIONAL { ", "", " }", 2000)),
        "not 9000": _select(f"?s ?p ?o FILTER({'!' * 9000}true)"),
        "minus signs 9000": _select(f"BIND({'-' * 9000}1 AS ?x)"),
        "concat 1000": _select(f"BIND({'CONCAT(' * 1000}'a'{')' * 1000} AS ?x)"),
        "triple terms 3000": _select(f"{'<< ' * 3000}?s ?p ?o{' >>' * 3000} ?p ?o"),
        "collections 3000": _select(f"{'(' * 3000}{')' * 3000} ?p ?o"),
        "blank nodes 3000": _select(f"{'[ ?p ' * 3000}1{' ]' * 3000} ?q ?r"),
        "sub-selects 800": _select(_nested("{ SELECT * { ", "?s ?p ?o", " } }", 800)),
        "exists 28": _select(_nested("?s ?p ?o FILTER EXISTS { ", "?s ?p ?o", " }", 28)),
        "not exists in a product": _select(_nested("?a ?b ?c . ?d ?e ?f FILTER NOT EXISTS { ", "?a ?d ?f", " }", 20)),
        "optional 55": _select(_nested("?s ?p ?o OPTIONAL { ", "?o ?p ?s", " }", 55)),
        "minus 55": _select("?s ?p ?o " + _nested("MINUS { ?s ?p ?o ", "", " }", 55)),
        "sub-selects 28": _select(_nested("{ SELECT * { ?s ?p ?o . ?a ?b ?c ", "", " } }", 28)),
        "if 60": _select(f"?s ?p ?o . ?a ?b ?c BIND({'IF(?o > ?c, ' * 60}1{', 2)' * 60} AS ?x)"),
        "union 60": _select(_nested("{ ", _product(4), " } UNION { ?a ?b ?c }", 60)),
    }


def _products() -> dict[str, str]:
    return {
        "product of 4": _select(_product(4)),
        "product of 30": _select(_product(30)),
        "product of 3, rows": _select(_product(3), "*"),
        "product of 4 as text": _select(_product(4), "*", "LIMIT 900000000"),
        "optional product": _select("?a ?b ?c OPTIONAL { ?d ?e ?f } OPTIONAL { ?g ?h ?i } OPTIONAL { ?j ?k ?l }"),
        "filtered product": _select(f"{_product(3)} FILTER(?o0 != ?o1 && ?o1 != ?o2 && CONTAINS(STR(?o2), 'never there'))"),
        "graph product": _select("GRAPH ?a { ?b ?c ?d } GRAPH ?e { ?f ?g ?h } GRAPH ?i { ?j ?k ?l }"),
        "minus product": _select("?a ?b ?c . ?d ?e ?f . ?g ?h ?i MINUS { ?a ?e ?i . ?g ?b ?x }"),
        "exists product": _select("?a ?b ?c . ?d ?e ?f FILTER NOT EXISTS { ?g ?h ?i . ?i ?x ?a . ?y ?z ?d }"),
        "construct product": f"CONSTRUCT {{ ?s0 ?p1 ?o2 }} {{ {_product(3)} }}",
        "describe everything": "DESCRIBE ?s ?p ?o { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f }",
        "ask product": f"ASK {{ {_product(4)} FILTER(STR(?o3) = 'never there') }}",
        "values product": _select(
            " ".join(f"VALUES ?v{i} {{ {' '.join(map(str, range(300)))} }}" for i in range(6)) + " FILTER(?v0 + ?v5 = -1)"
        ),
        "union product": _select(" . ".join(f"{{ ?a{i} ?b{i} ?c{i} }} UNION {{ ?c{i} ?b{i} ?a{i} }}" for i in range(4))),
        "many filters": _select(f"{_product(3)} FILTER({_LONG.replace('?o', '?o1')})"),
    }


def _orders() -> dict[str, str]:
    return {
        "order by a product": _select(_product(3), "*", "ORDER BY ?o2 ?s0 LIMIT 10"),
        "order by random": _select(_product(3), "?s0", "ORDER BY RAND() LIMIT 1"),
        "distinct product": _select(_product(3), "DISTINCT ?s0 ?o1 ?o2", "OFFSET 900000000"),
        "group by product": _select(_product(3), "?s0 ?o1 ?o2 (COUNT(*) AS ?n)", "GROUP BY ?s0 ?o1 ?o2 HAVING(COUNT(*) > 1)"),
        "offset": _select(_product(4), "*", "OFFSET 900000000000 LIMIT 1"),
        "count distinct": _select(_product(3), "(COUNT(DISTINCT *) AS ?n)"),
        "concat of a product": _select(_product(3), "(GROUP_CONCAT(STR(?o0); separator='---') AS ?x)"),
        "concat, distinct": _select(_product(3), "(GROUP_CONCAT(DISTINCT CONCAT(STR(?o0), STR(?o1), STR(?o2))) AS ?x)"),
        "sample": _select(_product(3), "(SAMPLE(?o2) AS ?x) (MAX(?o1) AS ?y) (MIN(?s0) AS ?z)"),
        "sums": _select(f"{_product(3)} BIND(STRLEN(STR(?o2)) AS ?l)", "(SUM(?l) AS ?x) (AVG(?l) AS ?y)"),
        "order by a long expression": _select(_product(2), "*", f"ORDER BY {_KEYS}"),
    }


def _paths() -> dict[str, str]:
    return {
        "three paths": _select(f"?a {_ANY}* ?b . ?c {_ANY}* ?d . ?e {_ANY}* ?f"),
        "all pairs": _select(f"?a {_ANY}* ?b"),
        "path, counted": _select(f"?a ({_ANY}/{_ANY})+ ?b . ?b ({_ANY}|^{_ANY})+ ?a"),
        "both ways": _select(f"?a ({_ANY}|^{_ANY})* ?b . ?c ({_ANY}|^{_ANY})* ?d"),
        "star of stars": _select(f"?a (({_ANY}*)*)* ?b . ?b (({_ANY}+)*)+ ?c"),
        "60 steps": _select(f"?a {'/'.join(['!<x:p>'] * 60)} ?b"),
        "60 optional steps": _select(f"?a {'/'.join(['(!<x:p>)?'] * 60)} ?b"),
        "1000 steps": _select(f"?a {'/'.join(['<x:p>'] * 1000)} ?b"),
        "alternatives": _select(f"?a ({'|'.join(['!<x:p>'] * 55)})* ?b . ?c ({'|'.join(['!<x:q>'] * 5)})* ?d"),
        "path without ends": _select("?a (!<x:p>)* ?b . FILTER(?a != ?b)", "*"),
        "inverse of everything": _select("?a ^(!(<x:p>|^<x:q>))* ?b . ?b (!<x:r>)* ?c . ?c (!<x:s>)* ?d"),
    }


def _growths() -> dict[str, str]:
    return {
        "replace doubling": _select(_doubling(60, "REPLACE({x}, '', {x})")),
        "concat doubling": _select(_doubling(60, "CONCAT({x}, {x})")),
        "concat tripling, kept": _select(_doubling(40, "CONCAT({x}, {x}, {x})"), "?x40"),
        "encode growing": _select(_doubling(60, "ENCODE_FOR_URI(CONCAT({x}, '%', {x}))")),
        "upper case of doubles": _select(_doubling(60, "UCASE(CONCAT({x}, {x}))")),
        "replace each letter": _select(_doubling(25, "REPLACE({x}, '.', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')")),
        "iri of doubles": _select(_doubling(40, "STR(IRI(CONCAT({x}, {x})))")),
        "hashes": _select(f"{_product(3)} FILTER(SHA512(CONCAT(STR(?o0), STR(?o1), STR(?o2))) = 'x')"),
        "long numbers": _select(_doubling(60, "({x} * {x})").replace("STR(?s)", "99999999999")),
        "decimals": _select(f"{_product(3)} FILTER((1.0 / 3.0) * STRLEN(STR(?o2)) = 0.1234567)"),
    }


def _patterns() -> dict[str, str]:
    long = "CONCAT('" + "a" * 500 + "!', STR(?o))"
    slow = ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "^(a?){50}a{50}$", "(.*)*(.*)*(.*)*x"]
    found = {f"regex {each}": _select(f"?s ?p ?o FILTER REGEX({long}, '{each}')") for each in slow}
    found["regex from data"] = _select("?s ?p ?o . ?a ?b ?c . ?d ?e ?f FILTER REGEX(STR(?o), STR(?c))")
    found["regex, large"] = _select("?s ?p ?o FILTER REGEX(STR(?o), '((a{0,100}){0,100}){0,100}')")
    found["replace by a slow pattern"] = _select(f"?s ?p ?o BIND(REPLACE({long}, '(a+)+$', 'b') AS ?x)")
    return found


QUERIES: Final[Mapping[str, str]] = {
    **_nestings(),
    **_products(),
    **_orders(),
    **_paths(),
    **_growths(),
    **_patterns(),
}
