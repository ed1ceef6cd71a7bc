"""Global attributes against the terms that ACDD 1.3 and DCAT have for them."""

import json
from typing import Any

import pytest

from catalog.metadata.document import Document
from catalog.metadata.hierarchy import Hierarchy, parse_hierarchy
from catalog.rdf.convention import About, Findings, Given
from catalog.rdf.conventions import acdd
from catalog.rdf.conventions.acdd import date_literal
from catalog.rdf.iris import Iris
from tests.support.reparse import XSD, ZO, Facts, Value, facts_of, text_of
from tests.support.zarr_documents import group_v3

BASE = "http://localhost:8000/datasets/d"
ROOT = f"{BASE}/nodes/"
DCT, FOAF, SCHEMA = "http://purl.org/dc/terms/", "http://xmlns.com/foaf/0.1/", "https://schema.org/"


def hierarchy(**attributes: Any) -> Hierarchy:
    return parse_hierarchy([Document("zarr.json", json.dumps(group_v3(**attributes)).encode())])


def found(**attributes: Any) -> Findings:
    return acdd.describe(hierarchy(**attributes), About("d", Iris()), Given())


def facts(findings: Findings) -> Facts:
    return facts_of("".join(sorted(findings.lines)).encode())


FULL = {
    "Conventions": "CF-1.8, ACDD-1.3", "summary": "Temperatures.", "keywords": "EARTH SCIENCE > OCEANS, salinity",
    "license": "https://creativecommons.org/licenses/by/4.0/", "id": "cube-1", "naming_authority": "org.example",
    "creator_name": "A. Person", "creator_type": "person", "creator_email": "a@example.org",
    "creator_url": "https://example.org/a", "creator_institution": "Institute", "publisher_name": "House",
    "publisher_type": "institution", "contributor_name": "B, C", "contributor_role": "editor, sponsor",
    "date_created": "2020-01-02", "date_issued": "2020-01-02T03:04:05Z", "project": "Project P", "platform": "Ship",
    "instrument": "Thermometer", "acknowledgement": "Thanks.", "product_version": "2",
    "standard_name_vocabulary": "CF Standard Name Table v79",
}  # fmt: skip


def test_all_of_it_is_told_of_the_root_and_of_the_dataset() -> None:
    findings = found(**FULL)
    about = facts(findings)
    for subject in (ROOT, BASE):
        mine = about[subject]
        assert text_of(mine[f"{DCT}description"]) == "Temperatures."
        assert mine["http://www.w3.org/ns/dcat#keyword"] == {
            Value("EARTH SCIENCE > OCEANS", f"{XSD}string"), Value("salinity", f"{XSD}string")
        }  # fmt: skip
        assert mine[f"{DCT}license"] == {"https://creativecommons.org/licenses/by/4.0/"}
        assert mine[f"{DCT}created"] == {Value("2020-01-02", f"{XSD}date")}
        assert mine[f"{DCT}issued"] == {Value("2020-01-02T03:04:05Z", f"{XSD}dateTime")}
        assert text_of(mine["http://www.w3.org/ns/dcat#version"]) == "2"
        assert text_of(mine[ZO + "standardNameVocabulary"]) == "CF Standard Name Table v79"
        [identifier], [creator], [publisher] = mine[f"{SCHEMA}identifier"], mine[f"{DCT}creator"], mine[f"{DCT}publisher"]
    assert text_of(about[str(identifier)][f"{SCHEMA}value"]) == "cube-1"
    assert text_of(about[str(identifier)][f"{SCHEMA}propertyID"]) == "org.example"
    person = about[str(creator)]
    assert text_of(person[f"{FOAF}name"]) == "A. Person"
    assert person["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"] == {f"{FOAF}Person"}
    assert person[f"{FOAF}mbox"] == {"mailto:a@example.org"}
    assert person[f"{FOAF}homepage"] == {"https://example.org/a"}
    assert about[str(publisher)]["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"] == {f"{FOAF}Organization"}
    people = [about[str(each)] for each in about[ROOT][f"{DCT}contributor"]]
    roles = {text_of(each[f"{FOAF}name"]): text_of(each[f"{SCHEMA}roleName"]) for each in people}
    assert roles == {"B": "editor", "C": "sponsor"}
    assert FULL.keys() - findings.consumed[""] == {"Conventions"}


def test_a_licence_that_is_no_link_is_a_text() -> None:
    about = facts(found(Conventions="ACDD-1.3", license="CC BY 4.0 <https://x> as is"))
    assert about[BASE][f"{DCT}license"] == {Value("CC BY 4.0 <https://x> as is", f"{XSD}string")}


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://a b", "https://x> <y", "https://user:pw@host/", "file:///etc/passwd"]
)
def test_only_safe_links_become_iris(link: str) -> None:
    about = facts(found(Conventions="ACDD-1.3", license=link, creator_name="x", creator_url=link, metadata_link=link))
    assert about[BASE][f"{DCT}license"] == {Value(link, f"{XSD}string")}
    assert f"{FOAF}homepage" not in about[f"{ROOT}#acdd-creator"]
    assert f"{FOAF}page" not in about[BASE]


def test_dates_that_are_none_stay_texts() -> None:
    assert date_literal("2020-02-30") == '"2020-02-30"'
    assert date_literal("spring 2020") == '"spring 2020"'
    assert date_literal("2020-02-29T25:00:00Z") == '"2020-02-29T25:00:00Z"'
    assert date_literal("20200229") == '"20200229"'


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"Conventions": "ACDD-1.3"}, True),
        ({"creator_name": "x"}, True),
        ({"Conventions": "CF-1.7", "license": "x"}, True),
        ({"license": "x"}, False),
        ({"Conventions": "CF-1.7"}, False),
        ({"title": "x", "project": "p", "keywords": "k"}, False),
    ],
)
def test_what_it_applies_to(attributes: dict[str, Any], expected: bool) -> None:
    assert acdd.applies(hierarchy(**attributes), set(attributes)) is expected


ODD: list[Any] = [None, 3, True, [], [1, None], {}, {"a": 1}, "", " ", "x" * 40_000, "\ud800", ",,;", ["a"] * 300]


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_values_make_no_error(value: Any) -> None:
    facts(found(**dict.fromkeys(FULL, value), naming_authority_x=1))
