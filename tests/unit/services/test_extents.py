"""Extents of stores that zarr-python wrote, against what numpy says of the whole coordinates."""

import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
import zarr.storage

from catalog.services.budget import SupplementLimits
from catalog.services.ingest import ingest
from catalog.services.outcome import IngestResult
from catalog.services.request import IngestRequest
from catalog.services.workspace import Workspace

LAT, LON = {"units": "degrees_north"}, {"units": "degrees_east"}
Arrays = dict[str, tuple[Any, tuple[str, ...], dict[str, Any]]]


def write(folder: Path, arrays: Arrays, *, zarr_format: int = 3, chunks: int = 4, **attributes: Any) -> str:
    """A store with arrays of these values, dimensions and attributes."""
    root = zarr.create_group(folder, zarr_format=zarr_format, attributes=attributes)  # type: ignore[arg-type]
    for name, (values, dimensions, more) in arrays.items():
        data = np.asarray(values)
        shape = tuple(min(chunks, size) for size in data.shape)
        named = {"dimension_names": dimensions} if zarr_format == 3 else {}
        own = more | ({"_ARRAY_DIMENSIONS": list(dimensions)} if zarr_format == 2 else {})
        array = root.create_array(name, shape=data.shape, chunks=shape or "auto", dtype=data.dtype, attributes=own, **named)
        array[...] = data
    return str(folder)


def grid(lat: Any, lon: Any, **more: Any) -> Arrays:
    lat, lon = np.asarray(lat, "f8"), np.asarray(lon, "f8")
    return {
        "lat": (lat, ("lat",), LAT),
        "lon": (lon, ("lon",), LON),
        "t": (np.zeros((lat.size, lon.size), "f4"), ("lat", "lon"), {"standard_name": "air_temperature", "units": "K"}),
        **more,
    }


def place(workspace: Workspace, result: IngestResult, node: str = "") -> tuple[float, float, float, float, str]:
    """West, east, south, north and basis of the one place of a node, or of the dataset."""
    subject = f"{result.iri}/nodes/{node}" if node else result.iri
    answer = workspace.catalog.select(
        "SELECT ?w ?e ?s ?n ?b WHERE { "
        f"<{subject}> dct:spatial ?p . ?p zo:west ?w ; zo:east ?e ; zo:south ?s ; zo:north ?n ; zo:extentBasis ?b }}"
    )
    names = ("w", "e", "s", "n", "b")
    [row] = list(zip(*(answer.values(name) for name in names), strict=True))
    west, east, south, north, basis = row
    return float(west or 0), float(east or 0), float(south or 0), float(north or 0), str(basis)


def period(workspace: Workspace, result: IngestResult) -> list[tuple[str | None, str | None]]:
    answer = workspace.catalog.select(
        f"SELECT ?s ?e WHERE {{ <{result.iri}> dct:temporal ?p . OPTIONAL {{ ?p dcat:startDate ?s ; dcat:endDate ?e }} }}"
    )
    return list(zip(answer.values("s"), answer.values("e"), strict=True))


def taken(workspace: Workspace, url: str, **more: Any) -> IngestResult:
    return ingest(workspace, IngestRequest(url, **more))


CENTRES = np.arange(-87.5, 90, 5)
GRIDS: dict[str, tuple[Any, Any, tuple[float, float, float, float]]] = {
    "-180 to 180": (CENTRES, np.arange(-177.5, 180, 5), (-180, 180, -90, 90)),
    "0 to 360": (CENTRES, np.arange(2.5, 360, 5), (-180, 180, -90, 90)),
    "0 to 360, poles among the points": (np.linspace(-90, 90, 37), np.arange(0, 360, 5), (-180, 180, -90, 90)),
    "descending latitude": (CENTRES[::-1], np.arange(2.5, 20, 5), (0, 20, -90, 90)),
    "a region of 0 to 360": ([10, 11, 12], [200, 201, 202, 203, 204, 205], (-160.5, -154.5, 9.5, 12.5)),
    "across the antimeridian, rising": ([10, 11, 12], [176, 178, 180, 182, 184, 186, 188, 190], (175, -169, 9.5, 12.5)),
    "across the antimeridian, with a jump": ([10, 11], [176, 178, 180, -178, -176, -174], (175, -173, 9.5, 11.5)),
    "a jump in the middle of many chunks": ([10, 11], [*range(170, 180), *range(-180, -170)], (169.5, -170.5, 9.5, 11.5)),
    "descending longitude": ([10, 11], [30, 20, 10, 0, -10, -20], (-25, 35, 9.5, 11.5)),
    "one point": ([47], [8], (8, 8, 47, 47)),
    "unevenly spaced": ([0, 1, 3, 7, 15, 31], [0, 10, 15], (-5, 17.5, -0.5, 39)),
}


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("name", GRIDS)
def test_grids(workspace: Workspace, tmp_path: Path, name: str, zarr_format: int) -> None:
    lat, lon, expected = GRIDS[name]
    result = taken(workspace, write(tmp_path / "s", grid(lat, lon), zarr_format=zarr_format))
    basis = "points" if name == "one point" else "half-cell"
    for node in ("", "t"):
        assert place(workspace, result, node) == (*expected, basis)


def test_bounds_say_where_cells_end(workspace: Workspace, tmp_path: Path) -> None:
    lat, lon = np.arange(50, 56.0), np.arange(0, 6.0)
    edges: Callable[[Any], Any] = lambda values: np.stack([values - 0.1, values + 0.3], axis=1)  # noqa: E731
    arrays = grid(lat, lon, lat_b=(edges(lat), ("lat", "nv"), {}), lon_b=(edges(lon), ("lon", "nv"), {}))
    arrays["lat"] = (lat, ("lat",), LAT | {"bounds": "lat_b"})
    arrays["lon"] = (lon, ("lon",), LON | {"bounds": "lon_b"})
    result = taken(workspace, write(tmp_path / "s", arrays))
    assert place(workspace, result) == (-0.1, 5.3, 49.9, 55.3, "bounds")


def test_bounds_that_do_not_hold_their_coordinate_are_not_believed(workspace: Workspace, tmp_path: Path) -> None:
    lat = np.arange(50, 56.0)
    arrays = grid(lat, np.arange(6.0), lat_b=(np.zeros((6, 2)), ("lat", "nv"), {}))
    arrays["lat"] = (lat, ("lat",), LAT | {"bounds": "lat_b"})
    result = taken(workspace, write(tmp_path / "s", arrays))
    assert place(workspace, result)[2:] == (49.5, 55.5, "half-cell")


def test_packed_coordinates_with_missing_values(workspace: Workspace, tmp_path: Path) -> None:
    stored = np.array([-999, 5000, 5010, 5020, 5030, 5040, -999, -999], "i2")
    arrays = grid(np.zeros(8), np.arange(6.0))
    arrays["lat"] = (stored, ("lat",), LAT | {"scale_factor": 0.01, "add_offset": 1.0, "_FillValue": -999})
    result = taken(workspace, write(tmp_path / "s", arrays))
    valid = stored[stored != -999] * 0.01 + 1
    assert place(workspace, result)[2:4] == (round(valid.min() - 0.05, 9), round(valid.max() + 0.05, 9))


def test_swaths(workspace: Workspace, tmp_path: Path) -> None:
    rows, columns = np.meshgrid(np.arange(5.0), np.arange(7.0), indexing="ij")
    lat, lon = 60 + rows, (170 + 3 * columns + rows + 180) % 360 - 180
    lat[0, 0] = np.nan
    arrays: Arrays = {
        "latitude": (lat, ("row", "column"), LAT),
        "longitude": (lon, ("row", "column"), LON),
        "a": (np.zeros((5, 7), "f4"), ("row", "column"), {"coordinates": "latitude longitude"}),
        "b": (np.zeros((5, 7), "f4"), ("row", "column"), {}),
    }
    result = taken(workspace, write(tmp_path / "s", arrays))
    unwrapped = np.where(lon < 0, lon + 360, lon)
    expected = (unwrapped.min(), unwrapped.max() - 360, np.nanmin(lat), np.nanmax(lat), "points")
    assert place(workspace, result, "a") == expected
    assert place(workspace, result, "b") == expected, "what lies beside them on the same dimensions is there as well"


def test_stations_are_points(workspace: Workspace, tmp_path: Path) -> None:
    lat, lon = np.array([47.0, -12, 60, 3, 8, 20]), np.array([8.0, 170, -175, 160, 179, 1])
    arrays: Arrays = {
        "lat": (lat, ("station",), LAT),
        "lon": (lon, ("station",), LON),
        "t": (np.zeros(6, "f4"), ("station",), {"coordinates": "lat lon", "units": "K"}),
    }
    result = taken(workspace, write(tmp_path / "s", arrays))
    # The longest stretch without a station is the one from -175 to 1.
    assert place(workspace, result) == (1, -175, -12, 60, "points")


def test_projected_coordinates_give_no_place(workspace: Workspace, tmp_path: Path) -> None:
    arrays: Arrays = {
        "x": (np.arange(0, 60.0, 10), ("x",), {"standard_name": "projection_x_coordinate", "units": "m"}),
        "y": (np.arange(60.0, 0, -10), ("y",), {"units": "m", "axis": "Y"}),
        "a": (np.zeros((6, 6), "f4"), ("y", "x"), {"units": "1"}),
    }
    result = taken(workspace, write(tmp_path / "s", arrays))
    assert not workspace.catalog.select(f"SELECT ?p WHERE {{ <{result.iri}> dct:spatial ?p }}").values("p")
    facts = "bald:arrayFirstValue ?f ; bald:arrayLastValue ?l ; zo:minimum ?a ; zo:maximum ?b"
    answer = workspace.catalog.select(f"SELECT ?f ?l ?a ?b WHERE {{ <{result.iri}/nodes/y> {facts} }}")
    assert [float(answer.values(name)[0] or "nan") for name in "flab"] == [60, 10, 10, 60]


@pytest.mark.parametrize(
    ("lat", "lon", "kind"),
    [
        ([10, 30, 20, 40, 15, 25], [1, 2, 3], "no-extent"),
        ([100, 200], [1, 2], "no-extent"),
        ([5, 5, 5, 5, 5, 5], [1, 2], "no-extent"),
    ],
)
def test_what_is_no_coordinate_gives_no_place(workspace: Workspace, tmp_path: Path, lat: Any, lon: Any, kind: str) -> None:
    result = taken(workspace, write(tmp_path / "s", grid(lat, lon)))
    assert not workspace.catalog.select(f"SELECT ?p WHERE {{ <{result.iri}> dct:spatial ?p }}").values("p")
    [problem] = [each for each in result.problems if each.kind == kind]
    assert (problem.path, problem.severity) == ("lat", "info")


def timed(values: Any, **attributes: Any) -> Arrays:
    return {"time": (values, ("time",), attributes), "t": (np.zeros(len(values), "f4"), ("time",), {"units": "K"})}


def test_times(workspace: Workspace, tmp_path: Path) -> None:
    values = np.arange(0, 365 * 24, 6)
    result = taken(workspace, write(tmp_path / "s", timed(values, units="hours since 2001-01-01"), chunks=100))
    ends = np.datetime64("2001-01-01") + values[[0, -1]].astype("timedelta64[h]")
    assert period(workspace, result) == [tuple(f"{each}:00:00Z" for each in ends.astype("datetime64[h]").astype(str))]


def test_time_bounds_may_count_from_another_time(workspace: Workspace, tmp_path: Path) -> None:
    arrays = timed([12.0, 36.0], units="hours since 2001-01-01", bounds="b")
    arrays["b"] = ([[366.0, 367.0], [367.0, 368.0]], ("time", "nv"), {"units": "days since 2000-01-01"})
    result = taken(workspace, write(tmp_path / "s", arrays))
    assert period(workspace, result) == [("2001-01-01T00:00:00Z", "2001-01-03T00:00:00Z")]


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("unit", ["ns", "s", "h", "D"])
@pytest.mark.filterwarnings("ignore")
def test_datetime64(workspace: Workspace, tmp_path: Path, unit: str, zarr_format: int) -> None:
    values = np.array(["1969-12-31", "2000-02-29", "2020-01-01", "NaT"], f"datetime64[{unit}]")
    result = taken(workspace, write(tmp_path / "s", timed(values), zarr_format=zarr_format))
    assert period(workspace, result) == [("1969-12-31T00:00:00Z", "2020-01-01T00:00:00Z")]
    answer = workspace.catalog.select(f"SELECT ?a WHERE {{ <{result.iri}/nodes/time> zo:minimum ?a }}")
    assert answer.values("a") == ["1969-12-31T00:00:00Z"]


def test_calendars_of_models_give_no_dates(workspace: Workspace, tmp_path: Path) -> None:
    attributes = {"units": "days since 2000-02-28", "calendar": "360_day"}
    result = taken(workspace, write(tmp_path / "s", timed([0, 1, 2], **attributes)))
    assert period(workspace, result) == [(None, None)]
    answer = workspace.catalog.select(f"SELECT ?l WHERE {{ <{result.iri}> dct:temporal ?p . ?p rdfs:label ?l }}")
    assert answer.values("l") == ["0 to 2 days since 2000-02-28 (calendar 360_day)"]


def test_months_are_refused_and_told(workspace: Workspace, tmp_path: Path) -> None:
    result = taken(workspace, write(tmp_path / "s", timed([0, 1, 2], units="months since 2000-01-01")))
    assert period(workspace, result) == []
    assert "no fixed length" in next(each for each in result.problems if each.kind == "no-extent").message


STATED = {
    "geospatial_lat_min": 50, "geospatial_lat_max": "52.5", "geospatial_lon_min": 170.0, "geospatial_lon_max": -170.0,
    "time_coverage_start": "2001-01-01", "time_coverage_end": "2001-12-31T12:00:00Z",
}  # fmt: skip


def test_attributes_stand_in_where_coordinates_say_nothing(workspace: Workspace, tmp_path: Path) -> None:
    result = taken(workspace, write(tmp_path / "s", {"a": ([1.0], ("x",), {})}, **STATED))
    assert place(workspace, result) == (170, -170, 50, 52.5, "attributes")
    assert period(workspace, result) == [("2001-01-01T00:00:00Z", "2001-12-31T12:00:00Z")]


def test_attributes_are_compared_with_coordinates(workspace: Workspace, tmp_path: Path) -> None:
    agreeing = {"geospatial_lat_min": 50, "geospatial_lat_max": 54, "geospatial_lon_min": 0, "geospatial_lon_max": 4}
    good = taken(workspace, write(tmp_path / "good", grid(np.arange(50, 55), np.arange(5)), **agreeing))
    bad = taken(workspace, write(tmp_path / "bad", grid(np.arange(50, 55), np.arange(5)), **STATED))
    assert not [each for each in good.problems if each.kind == "extent-differs"]
    [problem] = [each for each in bad.problems if each.kind == "extent-differs"]
    assert (problem.severity, problem.path) == ("warning", "")
    assert place(workspace, bad) == (-0.5, 4.5, 49.5, 54.5, "half-cell"), "what the coordinates say is what counts"


def test_without_extents_no_chunk_is_read(workspace: Workspace, tmp_path: Path) -> None:
    url = write(tmp_path / "s", grid([1, 2], [3, 4]), **STATED)
    off = taken(workspace, url, extents=False)
    assert place(workspace, off)[4] == "attributes"
    on = taken(workspace, url)
    assert on.changed, "the same documents tell more now"
    assert place(workspace, on)[4] == "half-cell"
    assert not taken(workspace, url).changed


def test_many_groups_share_the_budget(workspace: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "s"
    zarr.create_group(root)
    for index in range(5):
        write(root / f"g{index}", grid([index, index + 1], [10, 11]))
    small = replace(workspace, supplements=SupplementLimits(max_arrays=4))
    result = taken(small, str(root))
    assert place(workspace, result)[:4] == (9.5, 11.5, -0.5, 2.5)
    assert [each.kind for each in result.problems if each.kind == "supplement-limit"] == ["supplement-limit"]
    assert place(workspace, taken(workspace, str(root)))[:4] == (9.5, 11.5, -0.5, 5.5)


def test_too_many_bytes_are_not_read(workspace: Workspace, tmp_path: Path) -> None:
    url = write(tmp_path / "s", grid(np.arange(0, 80.0), np.arange(0, 80.0)), chunks=40)
    for limits in (SupplementLimits(max_bytes=639), SupplementLimits(max_total_bytes=639)):
        result = taken(replace(workspace, supplements=limits), url)
        assert "at most 639" in next(each for each in result.problems if each.kind == "values-not-read").message
        assert not workspace.catalog.select(f"SELECT ?p WHERE {{ <{result.iri}> dct:spatial ?p }}").values("p")
    assert place(workspace, taken(replace(workspace, supplements=SupplementLimits(max_bytes=640)), url))


def test_the_ends_alone_are_read(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from catalog.stores import local

    url = write(tmp_path / "s", grid(np.linspace(0, 50, 100), np.linspace(0, 80, 100)), chunks=10)
    asked: list[str] = []
    read = local.LocalFolder.read

    def watched(self: Any, key: str, *more: Any, **named: Any) -> Any:
        asked.append(key)
        return read(self, key, *more, **named)

    monkeypatch.setattr(local.LocalFolder, "read", watched)
    taken(workspace, url)
    assert sorted(key for key in asked if "/c/" in key) == ["lat/c/0", "lat/c/9", "lon/c/0", "lon/c/9"]


def test_a_store_of_metadata_alone_says_nothing_of_extents(workspace: Workspace, tmp_path: Path) -> None:
    url = write(tmp_path / "s", grid([1, 2], [3, 4]))
    for chunk in [path for path in Path(url).rglob("c/*") if path.is_file()]:
        chunk.unlink()
    result = taken(workspace, url)
    assert [each.kind for each in result.problems if each.kind == "no-chunks"] == ["no-chunks"]
    assert not workspace.catalog.select(f"SELECT ?p WHERE {{ <{result.iri}> dct:spatial ?p }}").values("p")


def consolidated(url: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # consolidated metadata are not in the specification of v3
        zarr.consolidate_metadata(url)


def test_every_route_tells_the_same(workspace: Workspace, tmp_path: Path) -> None:
    url = write(tmp_path / "s", grid(np.arange(50, 55), np.arange(5)), Conventions="CF-1.8")
    graphs = []
    for number in range(2):
        result = taken(workspace, url, dataset_id="same", relocate=number > 0)
        graphs.append(workspace.catalog.read_graph(result.iri))
        if number == 0:
            consolidated(url)
    assert graphs[0] == graphs[1]
    memory: dict[str, bytes] = {str(path.relative_to(url)): path.read_bytes() for path in Path(url).rglob("*") if path.is_file()}
    result = ingest(workspace, IngestRequest("memory://same", dataset_id="same", relocate=True, store=memory))
    assert workspace.catalog.read_graph(result.iri) == graphs[0]
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as packed:
        for key, data in memory.items():
            packed.writestr(key, data)
    result = taken(workspace, str(tmp_path / "s.zip"), dataset_id="same", relocate=True)
    assert workspace.catalog.read_graph(result.iri) == graphs[0]


def test_coordinates_alone_tell_of_their_group(workspace: Workspace, tmp_path: Path) -> None:
    arrays = {name: array for name, array in grid([1, 2, 3], [4, 5, 6]).items() if name != "t"}
    root = tmp_path / "s"
    zarr.create_group(root)
    write(root / "g", arrays)
    result = taken(workspace, str(root))
    assert place(workspace, result) == place(workspace, result, "g") == (3.5, 6.5, 0.5, 3.5, "half-cell")
