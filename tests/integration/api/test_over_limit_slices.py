"""Is what costs too much refused before its store hears of it, whatever way of asking is tried?"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx
import pytest
import zarr

from tests.support.http_server import WebServer
from tests.support.service import served, take_in

TERA = 2**40
SLICES = [
    *(("line", select) for select in (
        "", "dim0=:", "dim0=::", "dim0=::-1", "dim0=0:4398046511104", "dim0=::1048576", "dim0=::-1048576", "dim0=::4096",
        "dim0=1::2", "dim0=::2", "dim0=:268435457", "dim0=-268435457:", "dim0=4398046511103::-3", "dim0=2199023255552:",
        "dim0=:2199023255552", "dim0=7:4398046511104:65537", "dim0=0:20973617152:2097152",
    )),
    *(("cube", select) for select in (
        "", "dim0=0", "dim1=5", "dim2=16383", "dim0=:,dim1=:,dim2=:", "dim0=::-1,dim1=::-1,dim2=::-1", "dim0=::16,dim1=::16",
        "dim0=0:2,dim2=::2", "dim0=0:1024,dim1=0:1024,dim2=0:1024", "dim1=0:100,dim2=0:300", "dim0=::1000,dim1=::1000,dim2=::10",
        "dim0=[0,5,16383],dim1=:,dim2=:",
    )),
    *(("tiny", select) for select in ("", "dim0=::-1", "dim0=:10001", "dim0=-10001:", "dim0=::99", "dim0=0:1000000:7")),
    *(("block", select) for select in ("", "dim0=0", "dim0=0:1,dim1=0:1", "dim0=[3],dim1=[4]", "dim0=-1,dim1=-1")),
]  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, WebServer]]:
    folder: Path = tmp_path_factory.mktemp("slices")
    root = zarr.open_group(folder / "stores" / "s.zarr", mode="w", zarr_format=3)
    root.create_array("line", shape=(4 * TERA,), chunks=(2**20,), dtype="u1")
    root.create_array("cube", shape=(2**14,) * 3, chunks=(2**7,) * 3, dtype="u1")
    root.create_array("tiny", shape=(10**6,), chunks=(1,), dtype="u1")
    root.create_array("block", shape=(2**16, 2**16), chunks=(2**15, 2**15), dtype="u1")
    with WebServer(folder / "stores") as web, served(folder / "catalogue") as catalogue:
        take_in(catalogue, f"{web.url}/s.zarr", "s", extents=False)
        with catalogue.client() as client:
            client.get("arrays/datasets/s/nodes/tiny?select=dim0=0:3")  # what is asked first opens what stays open
            yield client, web


def test_forty_slices_are_refused_with_figures_and_no_request(scene: tuple[httpx.Client, WebServer]) -> None:
    client, web = scene
    assert len(SLICES) >= 40
    took = []
    web.requests.clear()
    for number, (path, select) in enumerate(SLICES):
        began = time.perf_counter()
        form = ("npy", "json", "csv", "arrow", "png")[number % 5] if path != "cube" else "npy"
        answer = client.get(f"arrays/datasets/s/nodes/{path}", params={"select": select, "format": form})
        took.append(time.perf_counter() - began)
        body = answer.json()
        assert answer.status_code == 413, (path, select, form, body)
        assert body["limit"] in {"max_result_bytes", "max_chunks", "max_chunk_bytes", "max_text_values"}, body
        assert body["value"] > body["allowed"] > 0
        assert "CATALOG_" in body["detail"]
    assert web.requests == []
    print(f"{len(SLICES)} slices: {1000 * median(took):.1f} ms, at most {1000 * max(took):.1f} ms")  # noqa: T201
