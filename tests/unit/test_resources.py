"""Are the ontology and the shapes found wherever the program runs from?"""

from pathlib import Path

import pytest

from catalog.errors import NotFoundError
from catalog.resources import resource


@pytest.mark.parametrize(("name", "file"), [("ontology", "zarr.ttl"), ("shapes", "core/array.ttl")])
def test_found_in_this_checkout(name: str, file: str) -> None:
    assert (resource(name) / file).is_file()  # type: ignore[arg-type]


def test_a_wheel_carries_its_own(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "catalog"
    inside, beside = package / "_data" / "shapes", package.parent / "shapes"
    inside.mkdir(parents=True)
    beside.mkdir()  # some other package of that name
    assert resource("shapes", package) == inside


def test_a_checkout_has_them_beside_the_package(tmp_path: Path) -> None:
    (tmp_path / "shapes").mkdir()
    assert resource("shapes", tmp_path / "catalog") == tmp_path / "shapes"


def test_a_broken_installation_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"'ontology' is missing .* install the package again"):
        resource("ontology", tmp_path / "catalog")
