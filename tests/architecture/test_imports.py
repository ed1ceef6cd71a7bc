"""Does ``import catalog`` stay cheap, and does each outside library load only when it is needed?"""

import json
import subprocess
import sys

HEAVY = {
    *("zarr", "numcodecs", "numpy", "fsspec", "s3fs", "aiohttp"),
    *("rdflib", "pyshacl", "pyoxigraph", "httpx", "SPARQLWrapper"),
    *("pydantic", "typer", "rich", "celery"),
}


def _loaded_by(statement: str) -> set[str]:
    program = f"{statement}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    return {name.partition(".")[0] for name in json.loads(answer)}


def test_import_catalog_loads_nothing_heavy() -> None:
    loaded = _loaded_by("import catalog")
    assert "catalog" in loaded
    assert not loaded & HEAVY


def test_the_metadata_floor_needs_no_library_that_does_io() -> None:
    loaded = _loaded_by("import catalog.metadata.document")
    assert not loaded & {"zarr", "fsspec", "aiohttp", "httpx", "rdflib", "pyoxigraph", "pyshacl"}


def test_asking_loads_only_what_asking_needs() -> None:
    loaded = _loaded_by("import catalog.cli.main, catalog.graphstore.embedded")
    assert not loaded & {"zarr", "numcodecs", "numpy", "fsspec", "s3fs", "aiohttp", "rdflib", "pyshacl", "httpx"}


def test_ingesting_a_local_store_loads_no_client_of_other_places() -> None:
    loaded = _loaded_by("import catalog.services.ingest, catalog.stores.source")
    assert not loaded & {"zarr", "numcodecs", "s3fs", "aiobotocore", "aiohttp", "rdflib", "pyshacl", "httpx"}


def test_planning_a_read_loads_no_reader() -> None:
    loaded = _loaded_by("import catalog.services.read")
    assert not loaded & {"zarr", "numcodecs", "numpy", "fsspec", "aiohttp"}


def test_a_program_that_only_asks_loads_no_reader() -> None:
    loaded = _loaded_by("import catalog; catalog.connect('/nowhere').arrays().filter(ndim=3).order_by('path')[:3].isel(t=0)")
    assert not loaded & {"zarr", "numcodecs", "numpy", "pandas", "xarray", "dask", "fsspec", "aiohttp", "rdflib", "pyshacl"}
