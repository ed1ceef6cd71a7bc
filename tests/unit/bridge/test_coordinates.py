"""Do labels lead to the elements that xarray would give for them, read through the bridge, once?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog.bridge.answer import resolve_answer, resolve_part
from catalog.bridge.coordinates import Coordinates
from catalog.bridge.read import read_array
from catalog.errors import InputError, LimitExceededError
from catalog.graphstore.bindings import XSD, Bindings, Iri, Literal
from tests.unit.bridge.catalogue import Catalogue
from tests.unit.bridge.test_read import reads

__all__ = ["reads"]

LATITUDE = np.array([60.5, 51.3, 40.0, 12.25], dtype="float32")
DAYS = np.array([0, 31, 59, 90], dtype="int32")  # 2001-01-01, -02-01, -03-01, -04-01 in a year of 365 days
STATIONS = ["Oslo", "Bern", "Lima"]


@pytest.fixture(params=[2, 3])
def climate(catalogue: Catalogue, tmp_path: Path, request: pytest.FixtureRequest) -> Catalogue:
    """A store as xarray writes them, in either format."""
    version: Any = request.param

    def make(path: str, values: np.ndarray, dimensions: list[str], **attributes: Any) -> None:
        names: dict[str, Any] = {"dimension_names": dimensions} if version == 3 else {}
        array = root.create_array(path, shape=values.shape, chunks=(2,) * values.ndim, dtype=values.dtype, **names)
        array[...] = values
        array.attrs.update(attributes | ({} if version == 3 else {"_ARRAY_DIMENSIONS": dimensions}))

    root = zarr.open_group(tmp_path / "climate.zarr", mode="w", zarr_format=version, attributes={"Conventions": "CF-1.8"})
    make("t2m", np.arange(48.0).reshape(4, 4, 3), ["time", "lat", "station"], coordinates="station_name height")
    make("lat", LATITUDE, ["lat"], units="degrees_north", standard_name="latitude")
    make("time", DAYS, ["time"], units="days since 2001-01-01", calendar="noleap", standard_name="time")
    make("station_name", np.array(STATIONS, dtype="U8"), ["station"])
    make("height", np.array([10, 10, 151], dtype="i2"), ["station"], units="m", scale_factor=0.1, add_offset=1.0)
    catalogue.ingest("d", tmp_path / "climate.zarr")
    return catalogue


def labelled(catalogue: Catalogue, text: str, **options: Any) -> Any:
    ref = catalogue.ref("d", "t2m")
    labels = Coordinates(catalogue.store, catalogue.iris, **options)
    return resolve_part(catalogue.store, ref, text, labels=labels)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("lat=label(51.3)", np.s_[:, 1]),
        ("lat=label([40, 60.5])", np.s_[:, [2, 0]]),
        ("lat=label(50~)", np.s_[:, 1]),
        ("lat=label(50~2)", np.s_[:, 1]),
        ("lat=40..60", np.s_[:, 1:3]),
        ("lat=40..", np.s_[:, :3]),
        ("lat=..40", np.s_[:, 3:]),
        ("lat=13..14", np.s_[:, :0]),
        ("dim1=label(12.25)", np.s_[:, 3]),
        ("time=label(2001-02-01)", np.s_[1]),
        ("time=2001-02..2001-04", np.s_[1:3]),
        ("time=2001..2002", np.s_[:]),
        ('time=label("2001-02-03T12:00"~5)', np.s_[1]),
        ("time=2001-02-01T00:00:00..,lat=0", np.s_[1:, 0]),
        ("station_name=label(Lima)", np.s_[:, :, 2]),
        ("station_name=Bern..Lima", np.s_[:, :, 1:2]),
        ('station_name=label(["Lima", "Oslo"])', np.s_[:, :, [2, 0]]),
        ("height=15..", np.s_[:, :, 2:]),
        ("height=label(16.1~0.001)", np.s_[:, :, 2]),
    ],
)
def test_labels_lead_to_elements(climate: Catalogue, text: str, index: Any) -> None:
    part = labelled(climate, text)
    whole = np.arange(48.0).reshape(4, 4, 3)
    found = read_array(part.ref, part.selection)
    assert found.tolist() == whole[index].tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lat=label(51.4)", r"'51.4' is no label of 'lat', the nearest is 51.29.*; 'lat' goes from 12.25 to 60.5 degrees_north"),
        ("lat=label(50~1)", "further away than 1"),
        ("lat=label(north)", "a number is needed"),
        ("lat=61..70", "out of range: 'lat' goes from 12.25 to 60.5"),
        ("lat=..12.25", "out of range"),
        ("lat=60..40", "give start ≤ stop"),
        ("time=label(2001-02-29)", "no date of the calendar 'noleap'"),
        ("time=label(2001-02-02)", "the nearest is 2001-02-01T00:00:00; 'time' goes from 2001-01-01T00:00:00 to 2001-04-01"),
        ("station_name=label(Lina)", "near are 'Lima'; the labels of 'station_name' are 'Oslo', 'Bern', 'Lima'"),
        ("station_name=label(Lima~)", "none is nearer"),
        ("station_name=Lima..Oslo", "comes after"),
        ("height=label(2~0.1)", "ambiguous: 2 .at 0. and 2 .at 1. are as near"),
        (
            "depth=label(5)",
            "has no coordinate 'depth' along one of its axes: the graph knows of the coordinates height, lat, station_name, time",
        ),
        ("depth=label(5)", "; its axes are .*time.*lat"),
        ("station=label(5)", "no coordinate 'station'.*; select by position"),
        ("lat=label(51.3),dim1=0", "axis 1 is given twice"),
    ],
)
def test_labels_that_are_none(climate: Catalogue, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        labelled(climate, text)


def test_what_was_nearest_is_told(climate: Catalogue) -> None:
    assert labelled(climate, "lat=label(41~)").notes == ("lat = 41 is nearest to 40, at 2",)
    assert labelled(climate, "lat=label(40~)").notes == ()


def test_a_coordinate_is_read_once_for_all_rows(climate: Catalogue, reads: list[str]) -> None:
    iri = Iri(climate.iris.node("d", "t2m"))
    rows = [(iri, Literal(f"{value}", XSD + "double")) for value in (60.5, 40.0, 12.25)] * 4
    reads.clear()
    labels = Coordinates(climate.store, climate.iris)
    answer = resolve_answer(climate.store, Bindings(("a", "lat_at"), rows), labels=labels)
    assert [part.part.selection.axes[1].start for part in answer.parts] == [0, 2, 3] * 4
    chunks = [key for key in reads if not key.endswith(("zarr.json", ".zarray", ".zattrs"))]
    assert len(chunks) == 2
    assert len(reads) <= 2 + 2, "the coordinate's own documents are looked at once"


def test_times_in_an_answer_are_labels(climate: Catalogue) -> None:
    iri = Iri(climate.iris.node("d", "t2m"))
    ends = [Literal(text, XSD + "dateTime") for text in ("2001-02-01T00:00:00Z", "2001-03-01T00:00:00Z")]
    labels = Coordinates(climate.store, climate.iris)
    (part,) = resolve_answer(climate.store, Bindings(("a", "time_start", "time_stop"), [(iri, *ends)]), labels=labels).parts
    assert part.part.selection.shape == (1, 4, 3)


def test_a_coordinate_has_a_budget(climate: Catalogue, reads: list[str]) -> None:
    reads.clear()
    with pytest.raises(LimitExceededError):
        labelled(climate, "lat=label(40)", max_bytes=15)
    assert reads == []


def test_a_coordinate_in_a_group_above(catalogue: Catalogue, tmp_path: Path) -> None:
    root = zarr.open_group(tmp_path / "s.zarr", mode="w", zarr_format=3)
    root.create_array("x", shape=(3,), dtype="f8", dimension_names=["x"])[...] = [0.5, np.nan, 2.5]
    root.create_array("g/v", shape=(3,), dtype="i4", dimension_names=["x"])[...] = [1, 2, 3]
    root.create_array("h/x", shape=(4,), dtype="f8", dimension_names=["x"])
    catalogue.ingest("d", tmp_path / "s.zarr")
    labels = Coordinates(catalogue.store, catalogue.iris)
    part = resolve_part(catalogue.store, catalogue.ref("d", "g/v"), "x=label(2.5)", labels=labels)
    assert read_array(part.ref, part.selection).tolist() == 3
    with pytest.raises(InputError, match="no label of 'x'"):
        resolve_part(catalogue.store, catalogue.ref("d", "g/v"), "x=label(7)", labels=labels)
    assert resolve_part(catalogue.store, catalogue.ref("d", "g/v"), "x=0..9", labels=labels).selection.shape == (2,), (
        "NaN is none"
    )
