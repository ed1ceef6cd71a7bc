"""Are coordinates found once for each hierarchy, and forgotten with it?"""

import gc
import weakref

from catalog.rdf.conventions.cf_coordinates import find_coordinates
from tests.support.described import array, group, hierarchy_of


def documents() -> dict[str, object]:
    return {
        "zarr.json": group(Conventions="CF-1.11"),
        "lat/zarr.json": array([3], ["lat"], units="degrees_north"),
        "t/zarr.json": array([3], ["lat"], standard_name="air_temperature"),
    }


def test_once_for_each_hierarchy() -> None:
    one, other = hierarchy_of(documents()), hierarchy_of(documents())
    found = find_coordinates(one)
    assert find_coordinates(one) is found
    assert find_coordinates(other) is not found
    assert [each.path for each in found.of["t"]] == ["lat"]


def test_what_was_found_goes_with_the_hierarchy() -> None:
    hierarchy = hierarchy_of(documents())
    found = weakref.ref(find_coordinates(hierarchy))
    del hierarchy
    gc.collect()
    assert found() is None
