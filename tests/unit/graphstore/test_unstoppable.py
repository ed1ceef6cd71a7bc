"""Is what keeps Fuseki busy beyond its time limit refused, and what people ask not?"""

import pytest

from catalog.errors import ForbiddenError, LimitExceededError
from catalog.graphstore.unstoppable import refuse_unstoppable


def patterned(pattern: str) -> str:
    return f"SELECT * {{ ?s ?p ?o FILTER REGEX(STR(?o), {pattern}, 'i') }}"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s (<x:p>/<x:q>)* ?o }",
        "SELECT (CONCAT(?a, ' ', ?b, ' ', ?c) AS ?x) (REPLACE(?a, 'a.', 'bb') AS ?y) { ?s ?a ?b ; <x:p> ?c }",
        "SELECT (?a * ?b * 2 AS ?area) { ?s <x:a> ?a ; <x:b> ?b }",
        "SELECT * { ?s ?p ?o FILTER EXISTS { ?o ?q ?r FILTER NOT EXISTS { ?r ?t ?u } } }",
        "SELECT * { ?s ?p ?o " + " ".join("FILTER EXISTS { ?s ?p ?o }" for _ in range(30)) + " }",
        *map(
            patterned,
            [
                "'^temp'",
                "'sea.*temp'",
                "'^[a-z]+_[0-9]{2,4}$'",
                "'(foo|bar)baz'",
                "'a.*b.*c.*'",
                "'(ab)c+'",
                "''",
                r"'\\d+\\.tif+'",
                "'[*+]{3}'",
            ],
        ),
    ],
)
def test_what_people_ask_passes(text: str) -> None:
    refuse_unstoppable(text)


@pytest.mark.parametrize(
    "pattern",
    [
        *("'^(a+)+$'", "'(a|a)*'", "'(a|aa)+$'", "'((a*)b)*'", "'(a?){50}a{50}'", "'(.*a){20}'", r"'(a)\\1*'", "'a{1,2000}'"),
        *(
            "'.*.*.*.*x'",
            "'(?:a+)+'",
            "'(?=(a+))+'",
            f"'{'a?' * 20}'",
            f"'{'a' * 300}'",
            "?o",
            "CONCAT('a', '+')",
            "'\\u0028a+)+'",
        ),
        '"""(a+)+"""',
    ],
)
def test_slow_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ForbiddenError, match="pattern of REGEX at line 1"):
        refuse_unstoppable(patterned(pattern))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("ASK { " + "?s ?p ?o FILTER EXISTS { " * 9 + "?s ?p ?o" + " }" * 9 + " }", "sparql-exists"),
        ("ASK { " + "?s ?p ?o FILTER NOT EXISTS { " * 20 + " }" * 20 + " }", "sparql-exists"),
        ("ASK { BIND('a' AS ?x) " + " ".join(f"BIND(CONCAT(?x, ?x) AS ?y{i})" for i in range(20)) + " }", "sparql-growth"),
        ("ASK { BIND('a' AS ?x) " + " ".join(f"BIND(REPLACE(?x, '', ?x) AS ?y{i})" for i in range(2)) + " }", "sparql-growth"),
        ("ASK { " + " ".join(f"BIND(ENCODE_FOR_URI(?x) AS ?y{i})" for i in range(12)) + " }", "sparql-growth"),
        ("ASK { " + " ".join(f"BIND(?x * ?x AS ?y{i})" for i in range(20)) + " }", "sparql-growth"),
        ("ASK { " + " ".join(f"BIND((?x) * (?x) AS ?y{i})" for i in range(20)) + " }", "sparql-growth"),
        (f"ASK {{ BIND(REPLACE(?x, '.', '{'a' * 400}') AS ?y) BIND(REPLACE(?y, '.', '{'a' * 400}') AS ?z) }}", "sparql-growth"),
    ],
)
def test_what_grows_without_end_is_refused(text: str, limit: str) -> None:
    with pytest.raises(LimitExceededError) as caught:
        refuse_unstoppable(text)
    assert caught.value.limit == limit
    assert caught.value.value > caught.value.allowed
