"""Does each lookup find what the stores' documents say, and does an unknown one say what is near?"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

import catalog
from catalog.errors import InputError

LEVELS = {f"{row}/1/0/{level}" for row in "AB" for level in "01"}
WEATHER = {"sst", "ice", "time", "lat", "lon"}

FOUND: list[tuple[dict[str, Any], set[str]]] = [
    ({"path": "sst"}, {"sst"}),
    ({"path__in": ["lat", "lon", "none"]}, {"lat", "lon"}),
    ({"path__in": []}, set()),
    ({"shape": (4, 6, 10)}, {"sst", "ice"}),
    ({"shape": "[4, 6, 10]"}, {"sst", "ice"}),
    ({"shape": np.array([6])}, {"lat"}),
    ({"dtype": "float32"}, {"sst"}),
    ({"data_type__startswith": "uint"}, LEVELS),
    ({"data_type__in": ["bool", "int64"]}, {"ice", "time"}),
    ({"ndim": 1}, {"time", "lat", "lon"}),
    ({"ndim__gte": 3, "dims": "lat"}, {"sst", "ice"}),
    ({"ndim__between": (2, 2)}, {"one", "two"}),
    ({"dimension_count__lt": 2.5}, {"time", "lat", "lon", "one", "two"}),
    ({"dimension__label": "lat", "dimension__size": 6}, {"sst", "ice", "lat"}),
    ({"dimension__label": "lat", "dimension__size": 10}, set()),
    ({"chunks": [2, 3, 5]}, {"sst"}),
    ({"layout__zarr_format": 3, "path__endswith": "t"}, {"sst", "lat"}),
    ({"size": 240}, {"sst", "ice"}),
    ({"size__gt": 240}, {"A/1/0/0", "B/1/0/0"}),
    ({"nbytes__between": [960, 960]}, {"sst"}),
    ({"standard_name": "sea_surface_temperature"}, {"sst"}),
    ({"standard_name__contains": "sea"}, {"sst", "ice"}),
    ({"standard_name__icontains": "SEA_ICE"}, {"ice"}),
    ({"standard_name__regex": "^l(at|ong)itude$"}, {"lat", "lon"}),
    ({"standard_name__isnull": True}, LEVELS | {"one", "two"}),
    ({"standard_name__isnull": False}, WEATHER),
    ({"units": "degC"}, {"sst"}),
    ({"unit": "unit:DEG_C"}, {"sst"}),
    ({"title__iexact": "Warmth Of The WATER"}, {"sst"}),
    ({"coordinate__standard_name": "latitude", "dtype": "float32"}, {"sst"}),
    ({"coordinate_for__path": "sst"}, {"time", "lat", "lon"}),
    ({"readable": True, "dtype": "bool"}, {"ice"}),
    ({"readable": False}, set()),
    ({"dataset__identifier__startswith": "weather"}, WEATHER),
    ({"dataset__id__startswith": "weather"}, WEATHER),
    ({"dataset__title": "North Sea buoys"}, WEATHER),
    ({"dataset__title__contains": "North", "standard_name": "sea_surface_temperature"}, {"sst"}),
    ({"dataset__label": "assay.zarr"}, LEVELS),
    ({"dataset__keyword": "heat", "ndim": 3}, {"sst", "ice"}),
    ({"group__path": "A/1/0"}, {"A/1/0/0", "A/1/0/1"}),
    ({"image__channel__label": "GFP"}, {"A/1/0/0", "A/1/0/1"}),
    ({"channel__label": "RFP", "level_index": 0}, {"B/1/0/0"}),
    ({"channel__label": "DAPI", "channel__color": "0000FF"}, LEVELS),
    ({"channel__label": "DAPI", "channel__color": "00FF00"}, set()),
    ({"channel__label": "GFP", "channel__active": False}, {"A/1/0/0", "A/1/0/1"}),
    ({"well__row": "B"}, {"B/1/0/0", "B/1/0/1"}),
    ({"well__row__name": "A", "well__column": "1"}, {"A/1/0/0", "A/1/0/1"}),
    ({"well__row_index": 1}, {"B/1/0/0", "B/1/0/1"}),
    ({"plate__name": "assay"}, LEVELS),
    ({"pixel_size_x": 0.5}, {"A/1/0/0", "B/1/0/0"}),
    ({"physical_size_x__gt": 0.5}, {"A/1/0/1", "B/1/0/1"}),
    ({"type": "ome:Pixels"}, LEVELS),
    ({"type": "https://ld.openmicroscopy.org/core/Pixels"}, LEVELS),
    ({"exposure_ms__gt": 10}, {"one"}),
    ({"stain__in": ["DAPI"]}, {"two"}),
    ({"note": r"C/C=C\C"}, {"one"}),
    ({"attribute__note": '"; DROP ALL'}, {"two"}),
    ({"attribute__run__gte": 8}, {"two"}),
    ({"run": 7}, {"one"}),
]


def paths(query: Any) -> set[str]:
    return {each.path for each in query}


@pytest.mark.parametrize(("lookups", "wanted"), FOUND, ids=[str(lookups) for lookups, _ in FOUND])
def test_what_a_lookup_finds(cat: catalog.Catalog, lookups: dict[str, Any], wanted: set[str]) -> None:
    query = cat.arrays(**lookups)
    assert query.count() == len(wanted)
    assert paths(query) == wanted


DATASETS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"weather.zarr", "assay.zarr", "lab.zarr"}),
    ({"title__contains": "North"}, {"weather.zarr"}),
    ({"array__standard_name": "latitude"}, {"weather.zarr"}),
    ({"channel__label": "RFP"}, {"assay.zarr"}),
    ({"well__row": "A"}, {"assay.zarr"}),
    ({"plate__name": "assay"}, {"assay.zarr"}),
    ({"array_count__gt": 3}, {"weather.zarr", "assay.zarr"}),
    ({"access": "public", "array__shape": [4, 4]}, {"lab.zarr"}),
    ({"start__lte": datetime(2020, 1, 2, tzinfo=UTC)}, {"weather.zarr"}),
    ({"modified__lt": datetime(2000, 1, 1, tzinfo=UTC)}, set()),
]


@pytest.mark.parametrize(("lookups", "wanted"), DATASETS, ids=[str(lookups) for lookups, _ in DATASETS])
def test_what_a_lookup_finds_of_datasets(cat: catalog.Catalog, lookups: dict[str, Any], wanted: set[str]) -> None:
    assert {each.name for each in cat.datasets(**lookups)} == wanted


def test_a_dataset_is_named_by_its_identifier(cat: catalog.Catalog) -> None:
    every = {each.iri for each in cat.arrays()}
    for each in cat.datasets():
        inside = {iri for iri in every if iri.startswith(f"{each.iri}/nodes/")}
        assert {array.iri for array in cat.arrays(dataset=each.id)} == inside
        assert {array.iri for array in cat.arrays(dataset__in=[each.id, "none"])} == inside
        assert {array.iri for array in cat.arrays().where("dataset", "!=", each.id)} == every - inside
    assert not cat.arrays(dataset=each.id[:-1])


WHERE: list[tuple[str, str, Any, set[str]]] = [
    ("lab:exposureTime", ">", 10, {"one"}),
    ("<https://lab.example/terms#exposureTime>", "<=", 5, {"two"}),
    ("https://lab.example/terms#stain", "=", "GFP", {"one"}),
    ("lab:exposureTime", "between", [5, 12.5], {"one", "two"}),
    ("lab:stain", "isnull", False, {"one", "two"}),
    ("zo:layout/zo:dataTypeName", "=", "bool", {"ice"}),
    ("dataset/title", "contains", "North", WEATHER),
    ("^zo:resolutionLevel/zo:channel/ome:name", "=", "RFP", {"B/1/0/0", "B/1/0/1"}),
    ("standard_name", "startswith", "sea", {"sst", "ice"}),
]


@pytest.mark.parametrize(("way", "operator", "value", "wanted"), WHERE)
def test_where_takes_any_property(cat: catalog.Catalog, way: str, operator: str, value: Any, wanted: set[str]) -> None:
    assert paths(cat.arrays().where(way, operator, value)) == wanted


def test_unequal_leaves_out(cat: catalog.Catalog) -> None:
    assert paths(cat.arrays(ndim=2).where("lab:stain", "!=", "GFP")) == {"two"}


UNKNOWN = [
    ("standart_name", "standard_name"),
    ("dataset__titel", "title"),
    ("channel__lable", "label"),
    ("well__rov", "row"),
    ("exposure_mss", "exposure_ms"),
    ("path__containz", "contains"),
    ("ndim__contain", "contains"),
    ("siz", "size"),
]


@pytest.mark.parametrize(("name", "near"), UNKNOWN)
def test_an_unknown_lookup_names_the_nearest(cat: catalog.Catalog, name: str, near: str) -> None:
    with pytest.raises(InputError, match=rf"there is no lookup '{name.rpartition('__')[2]}'.*\b{near}\b"):
        cat.arrays(**{name: "x"})


@pytest.mark.parametrize(
    ("lookups", "message"),
    [
        ({"ndim": "three"}, "takes a number"),
        ({"ndim": True}, "takes a number"),
        ({"path__contains": 3}, "takes a text"),
        ({"path__in": "lat"}, "takes a list"),
        ({"ndim__between": [1]}, "two values"),
        ({"path__isnull": "yes"}, "True or False"),
        ({"standard_name": None}, "__isnull=True"),
        ({"standard_name": object()}, "is allowed"),
        ({"standard_name": "\ud800"}, "surrogate"),
        ({"size__contains": 1}, "is a number"),
        ({"size": "big"}, "takes a number"),
        ({"path__regex": "(a+)+$"}, "for ever"),
        ({"path__regex": "(a|a)*b"}, "for ever"),
        ({"path__regex": r"(a)\1"}, "not allowed"),
        ({"path__regex": "(?=a)"}, "not allowed"),
        ({"path__regex": "a{1000}"}, "100 times"),
        ({"path__regex": "("}, "no regular expression"),
        ({"path__regex": "a" * 201}, "200 characters"),
        ({"path__regex": 5}, "a text of 1"),
        ({"shape": object()}, "no JSON"),
    ],
)
def test_a_value_that_does_not_go_with_its_lookup(cat: catalog.Catalog, lookups: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        cat.arrays(**lookups)


@pytest.mark.parametrize(
    ("way", "operator", "message"),
    [
        ("nope:x", "=", "no lookup"),
        ("path", "~", "no operator"),
        ("path__contains", "=", "ends with an operator"),
        ("zo:a/lable", "=", "label"),
    ],
)
def test_where_says_what_is_wrong(cat: catalog.Catalog, way: str, operator: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cat.arrays().where(way, operator, "x")
