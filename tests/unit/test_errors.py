"""Does each error say who must act, and keep what it was given?"""

import pytest

from catalog.errors import (
    CatalogError,
    ConflictError,
    ForbiddenError,
    GraphStoreUnavailableError,
    InputError,
    LimitExceededError,
    MetadataError,
    NonConformantError,
    NotFoundError,
    Problem,
    StaleSnapshotError,
    StoreForbiddenError,
    StoreUnauthorizedError,
    StoreUnavailableError,
    UnavailableError,
    exit_code_of,
    status_of,
)

FAMILIES = [
    (InputError, 400, 2, ValueError, "input"),
    (ForbiddenError, 403, 3, PermissionError, "forbidden"),
    (StoreUnauthorizedError, 403, 3, PermissionError, "store-unauthorized"),
    (StoreForbiddenError, 403, 3, PermissionError, "store-forbidden"),
    (NotFoundError, 404, 4, LookupError, "not-found"),
    (ConflictError, 409, 5, RuntimeError, "conflict"),
    (StaleSnapshotError, 409, 5, RuntimeError, "stale-snapshot"),
    (LimitExceededError, 413, 6, ValueError, "limit-exceeded"),
    (MetadataError, 422, 7, ValueError, "metadata"),
    (NonConformantError, 422, 8, ValueError, "non-conformant"),
    (UnavailableError, 503, 9, ConnectionError, "unavailable"),
    (StoreUnavailableError, 503, 9, ConnectionError, "store-unavailable"),
    (GraphStoreUnavailableError, 503, 9, ConnectionError, "graph-store-unavailable"),
]


@pytest.mark.parametrize(("kind", "status", "exit_code", "builtin", "code"), FAMILIES)
def test_each_error_has_a_status_an_exit_code_and_a_builtin(
    kind: type[CatalogError], status: int, exit_code: int, builtin: type[Exception], code: str
) -> None:
    error = kind("something is wrong")
    assert (status_of(error), exit_code_of(error), error.code) == (status, exit_code, code)
    assert isinstance(error, CatalogError)
    assert isinstance(error, builtin)
    assert str(error) == "something is wrong"


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), RuntimeError("x"), CatalogError("x")])
def test_what_is_not_told_apart_is_an_internal_error(error: Exception) -> None:
    assert (status_of(error), exit_code_of(error)) == (500, 1)


def test_an_error_of_a_family_that_is_named_elsewhere_belongs_to_it() -> None:
    class ListingRefusedError(StoreForbiddenError):
        code = "listing-refused"

    assert (status_of(ListingRefusedError()), exit_code_of(ListingRefusedError())) == (403, 3)


def test_errors_keep_what_explains_them() -> None:
    problem = Problem("a/zarr.json", "invalid-json", "is not JSON")
    assert MetadataError("nothing to describe", [problem]).problems == (problem,)
    assert NotFoundError("no sample1", ["sample10", "sample2"]).near == ("sample10", "sample2")
    assert NonConformantError("refused", {"conforms": False}).report == {"conforms": False}
    limit = LimitExceededError("too many chunks", limit="max_chunks", value=12, allowed=10)
    assert (limit.limit, limit.value, limit.allowed) == ("max_chunks", 12, 10)


def test_a_problem_is_reported_with_all_its_fields() -> None:
    problem = Problem("a/b", "shape", "shape is 'x'", pointer="/shape", severity="warning")
    assert problem.to_dict() == {
        "path": "a/b",
        "kind": "shape",
        "message": "shape is 'x'",
        "pointer": "/shape",
        "severity": "warning",
        "line": 0,
        "column": 0,
    }
    assert Problem("", "k", "m").to_dict()["severity"] == "error"
