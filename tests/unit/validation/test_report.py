"""Does the report tell people, programs and SHACL the same, and nothing blocks but a violation?"""

import json
from dataclasses import replace

import pytest
from rdflib import RDF, SH, Graph, Literal, Namespace, URIRef

from catalog.errors import Problem
from catalog.rdf.prefixes import PREFIXES
from catalog.validation.property_path import PropertyPath
from catalog.validation.report import Report, Result, Severity, plain_value, to_json, to_problems, to_text, to_turtle

ZO = Namespace(PREFIXES["zo"])
EX = "http://example.org/"
NODES = f"{EX}datasets/d/nodes/"
KEY = PropertyPath("sequence", parts=(PropertyPath("property", str(ZO.attribute)), PropertyPath("property", str(ZO.key))))


def result(severity: Severity, path: str = "a", shape: str = "s", **more: object) -> Result:
    given = {"component": str(SH.MinCountConstraintComponent), "paths": (path,), "nodes": 1, **more}
    return Result(f"{NODES}{path}", path, f"{EX}shapes#{shape}", f"Mend {shape}.", severity, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severities", "conforms", "accepted"),
    [
        ([], True, True),
        (["info"], False, True),
        (["warning", "info"], False, True),
        (["violation"], False, False),
        (["warning", "violation"], False, False),
    ],
)
def test_conforms_and_accepted_are_two_things(severities: list[Severity], conforms: bool, accepted: bool) -> None:
    """SHACL, section 3.6.1: any result makes ``sh:conforms`` false, whatever its severity."""
    report = Report(tuple(result(severity) for severity in severities))
    assert (report.conforms, report.accepted) == (conforms, accepted)
    assert sum(report.counts.values()) == len(severities)


PROFILE = "https://w3id.org/zarr-catalog/profiles/"


@pytest.mark.parametrize(
    ("shape", "required", "accepted", "severity"),
    [
        (f"{PROFILE}cf#units", (), True, "warning"),
        (f"{PROFILE}cf#units", ("ome",), True, "warning"),
        (f"{PROFILE}cf#units", ("cf",), False, "error"),
        ("https://example.org/mine#units", ("cf",), False, "error"),
    ],
)
def test_violations_of_a_profile_block_where_it_is_required(
    shape: str, required: tuple[str, ...], accepted: bool, severity: str
) -> None:
    report = Report((replace(result("violation"), shape=shape),), required)
    assert report.accepted is accepted
    assert not report.conforms
    assert [problem.severity for problem in to_problems(report)] == [severity]


def test_text_names_the_profile() -> None:
    report = Report((replace(result("violation"), shape=f"{PROFILE}cf#units"),))
    assert to_text(report).splitlines()[:2] == [
        "The shapes accept it: 1 violation (violations that are waived, or of profiles that were not required).",
        "violation cf/units: Mend s.",
    ]


def test_text_says_where_and_what_to_do() -> None:
    report = Report(
        (
            result("violation", "", "root-shape", value='"x"', property_path=PropertyPath("property", str(ZO.shape))),
            result("warning", "b/c", "units", property_path=KEY, attribute="units"),
        )
    )
    assert to_text(report) == "\n".join(
        [
            "The shapes refuse it: 1 violation, 1 warning.",
            "violation root-shape: Mend root-shape.",
            "  /, zo:shape = x",
            "warning units: Mend units.",
            "  /b/c, attribute 'units'",
        ]
    )


def test_text_counts_what_repeats() -> None:
    report = Report(tuple(result("warning", f"a/{index:03}") for index in range(214)))
    assert to_text(report) == "\n".join(
        [
            "The shapes accept it: 214 warnings.",
            "warning s (214 times): Mend s.",
            "  /a/000",
            "  /a/001",
            "  /a/002",
            "  … and 211 more",
        ]
    )
    assert len(to_text(report, examples=10).splitlines()) == 13


def test_text_names_who_shares_what_is_wrong() -> None:
    shared = result("warning", "x", paths=("x", "y"), nodes=7)
    assert to_text(Report((shared,))).splitlines()[2] == "  /x and 6 more nodes"
    nobody = result("warning", "", paths=(), nodes=0)
    assert to_text(Report((nobody,))).splitlines()[2] == f"  <{NODES}>"


def test_text_of_nothing() -> None:
    assert to_text(Report()) == "The shapes accept it and found nothing."


def test_text_cuts_long_values() -> None:
    long = result("warning", value=f'"{"v" * 5000}"', property_path=KEY)
    assert all(len(line) < 140 for line in to_text(Report((long,))).splitlines())


def test_json() -> None:
    long = result("violation", "b", value=f'"7"^^<{PREFIXES["xsd"]}integer>', property_path=KEY, attribute="k")
    read = json.loads(to_json(Report((long, result("info")))))
    assert (read["conforms"], read["accepted"]) == (False, False)
    assert read["counts"] == {"violation": 1, "warning": 0, "info": 1}
    assert read["results"][0] == {
        "path": "b",
        "paths": ["b"],
        "nodes": 1,
        "attribute": "k",
        "property": "zo:attribute/zo:key",
        "value": "7",
        "severity": "violation",
        "message": "Mend s.",
        "shape": f"{EX}shapes#s",
        "component": "http://www.w3.org/ns/shacl#MinCountConstraintComponent",
        "profile": "",
        "focus": f"{NODES}b",
    }
    assert read["results"][1]["value"] is None


def test_turtle_is_a_validation_report() -> None:
    odd = 'quote " backslash \\ line\nend é 😀'
    report = Report(
        (
            result("violation", "b", value='"a \\"quoted\\" b"@en', property_path=KEY, paths=("b", odd)),
            Result('"literal"', "", f"{EX}s", odd, "info", str(SH.ClassConstraintComponent)),
        )
    )
    graph = Graph().parse(data=to_turtle(report), format="turtle")
    [root] = graph.subjects(RDF.type, SH.ValidationReport)
    assert graph.value(root, SH.conforms) == Literal(False)
    first, second = sorted(
        graph.objects(root, SH.result), key=lambda node: str(graph.value(node, SH.resultSeverity)), reverse=True
    )
    assert graph.value(first, SH.resultSeverity) == SH.Violation
    assert graph.value(first, SH.focusNode) == URIRef(f"{NODES}b")
    assert graph.value(first, SH.sourceShape) == URIRef(f"{EX}shapes#s")
    assert graph.value(first, SH.sourceConstraintComponent) == SH.MinCountConstraintComponent
    assert graph.value(first, SH.value) == Literal('a "quoted" b', lang="en")
    assert list(graph.items(graph.value(first, SH.resultPath))) == [ZO.attribute, ZO.key]
    assert set(graph.objects(first, ZO.path)) == {Literal("b"), Literal(odd)}
    assert graph.value(second, SH.focusNode) == Literal("literal")
    assert graph.value(second, SH.resultMessage) == Literal(odd)
    assert graph.value(second, SH.resultSeverity) == SH.Info


def test_turtle_of_nothing() -> None:
    graph = Graph().parse(data=to_turtle(Report()), format="turtle")
    assert set(graph.predicates()) == {RDF.type, SH.conforms}
    assert graph.value(next(graph.subjects()), SH.conforms) == Literal(True)


def test_problems_are_few_and_say_how_many_there_are() -> None:
    many = [result("warning", f"a/{index}") for index in range(5)]
    report = Report((result("violation", "b", "t", attribute="/ome/units"), *many))
    assert to_problems(report, examples=2) == (
        Problem("b", "t", "attribute '/ome/units': Mend t.", "/ome/units", "error"),
        Problem("a/0", "s", "Mend s.", "", "warning"),
        Problem("a/1", "s", "Mend s.", "", "warning"),
        Problem("a/2", "s", "… and 3 more: Mend s.", "", "warning"),
    )


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("<http://example.org/a>", "http://example.org/a"),
        ('"a"', "a"),
        ('"a"@en', "a"),
        ('"1"^^<http://www.w3.org/2001/XMLSchema#integer>', "1"),
        ('"tab\\tquote\\"backslash\\\\\\u00E9"', 'tab\tquote"backslash\\é'),
        ("_:b0", "_:b0"),
    ],
)
def test_plain_value(term: str, text: str) -> None:
    assert plain_value(term) == text
