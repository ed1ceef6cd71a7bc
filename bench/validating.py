"""How many arrays are validated in a second?"""

from collections.abc import Iterator
from pathlib import Path

from bench.hierarchies import write_v3
from bench.measure import Figure, medians
from bench.reading import read_hierarchy
from bench.sizes import Sizes
from catalog.rdf.hierarchy import describe
from catalog.rdf.iris import Iris
from catalog.validation.pyshacl_validator import PyShaclValidator
from catalog.validation.shapes import load_shapes


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Seconds for each array, by the built-in shapes; for information."""
    path = str(write_v3(folder / "validated.zarr", max(1, sizes.validated_arrays // 20), sizes.validated_arrays))
    description = describe(read_hierarchy(path), "validated", Iris())
    data, validator, shapes = [description.structure, description.asserted], PyShaclValidator(), load_shapes()
    report = validator.validate(data, shapes)  # shapes are read once, by the first
    (taken,) = medians(min(sizes.runs, 3), lambda: validator.validate(data, shapes))
    rate = sizes.validated_arrays / taken
    yield Figure("validate one array", taken / sizes.validated_arrays, note=f"{rate:.0f} arrays/s, {len(report.results)} results")
