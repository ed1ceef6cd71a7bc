"""Do templates give what the specification says, and is everything else refused by name?"""

import pytest

from catalog.errors import MetadataError
from catalog.stores.references_template import MAX_RESULT, MAX_STEPS, Budget, Template, Value, parse_templates

# "u" and "f" stand in the example of the specification; "i" is a dimension.
VARIABLES: dict[str, Value] = {"u": "server.domain/path", "f": Template("{{c}}"), "two": Template("{{a}}/{{b}}"), "i": 4}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("http://target_url", "http://target_url"),
        ("http://{{u}}", "http://server.domain/path"),
        ("{{ u }}", "server.domain/path"),
        ("http://{{f(c='text')}}", "http://text"),
        ('http://{{ f( c = "text" ) }}', "http://text"),
        ("gen_key{{i}}", "gen_key4"),
        ("http://{{u}}_{{i}}", "http://server.domain/path_4"),
        ("{{(i + 1) * 1000}}", "5000"),
        ("1000", "1000"),
        ("{{7 - 2 - 1}}", "4"),
        ("{{2 + 3 * 4}}", "14"),
        ("{{-i + 10}}", "6"),
        ("{{17 // 5}}.{{17 % 5}}", "3.2"),
        ("{{ 'a' + 'b' }}", "ab"),
        ("{{two(a=i, b=f(c=u))}}", "4/server.domain/path"),
        ("a{b}c", "a{b}c"),
    ],
)
def test_a_text_is_filled_in(text: str, result: str) -> None:
    assert Template(text).render(VARIABLES) == result


@pytest.mark.parametrize(
    "text",
    [
        "{{ u.__class__ }}",
        "{{ u[0] }}",
        "{{ u|upper }}",
        "{{ range(10) }}",
        "{{ f('text') }}",
        "{{ f() }}",
        "{{ f }}",
        "{{ u() }}",
        "{{ nobody }}",
        "{{ __import__(name='os') }}",
        "{{ lambda: 0 }}",
        "{{ 2 ** 9 }}",
        "{{ 1 / 2 }}",
        "{{ 1.5 }}",
        "{{ i if i else u }}",
        "{{ 'a' * 9 }}",
        "{{ u + 1 }}",
        "{{ i // 0 }}",
        "{{ i % (i - i) }}",
        "{{ i --1 --}}",
        "{{ }}",
        "{{ (i }}",
        "{{ 'a }}",
        r"{{ 'a\n' }}",
        "{{ u",
        "u }}",
        "{% for x in u %}{% endfor %}",
        "{# note #}",
        "{{ f(c='a' c='b') }}",
        "{{ '{{u}}' }}",
    ],
)
def test_what_is_outside_the_grammar_is_refused_and_named(text: str) -> None:
    with pytest.raises(MetadataError, match="template"):
        Template(text).render(VARIABLES)


@pytest.mark.parametrize(
    "text",
    [
        "{{" + "(" * 200 + "i" + ")" * 200 + "}}",
        "{{" + "i+" * 400 + "i}}",
        "{{" + "-" * 400 + "i}}",
        "{{" + "9" * 400 + "}}",
        "{{ 9999999999 * 9999999999 }}",
        "x" * (MAX_RESULT + 1) + "{{i}}",
    ],
)
def test_long_and_deep_expressions_are_refused(text: str) -> None:
    with pytest.raises(MetadataError):
        Template(text).render(VARIABLES)


def test_a_template_that_multiplies_itself_stops_at_a_bound() -> None:
    many = Template("{{c}}" * 200)
    with pytest.raises(MetadataError, match=str(MAX_RESULT)):
        many.render({"c": "x" * 100})
    calls = "f(c=" * 15 + "''" + ")" * 15
    with pytest.raises(MetadataError, match=f"{MAX_STEPS} parts"):
        Template("{{" + calls + "}}").render({"f": many})


def test_a_budget_is_shared() -> None:
    budget = Budget(5)
    for _ in range(5):
        Template("{{i}}").render(VARIABLES, budget)
    with pytest.raises(MetadataError, match="5 parts"):
        Template("{{i}}").render(VARIABLES, budget)


def test_templates_of_a_set_are_told_apart() -> None:
    found, faults = parse_templates({"u": "plain {text}", "f": "{{c}}", "bad": "{{ a.b }}", "number": 3, "block": "{% x %}"})
    assert found["u"] == "plain {text}"
    assert isinstance(found["f"], Template)
    assert set(faults) == {"bad", "number", "block"}
    assert "'.b'" in faults["bad"]
    assert parse_templates(None) == ({}, {})
    assert set(parse_templates(["u"])[1]) == {""}
