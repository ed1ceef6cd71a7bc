"""What does the OpenAPI document say of keys? FastAPI takes each one that is read for one that is needed; most are not."""

from typing import Any, Final

from fastapi import FastAPI

from catalog.api.access import READ_SCHEME, WRITE_SCHEME

__all__ = ["DescribedApp"]

_OPTIONAL: Final[list[dict[str, list[str]]]] = [{}, {READ_SCHEME: []}]
_REQUIRED: Final[list[dict[str, list[str]]]] = [{WRITE_SCHEME: []}]


class DescribedApp(FastAPI):
    """An app whose OpenAPI document says which operations need a key, and which just see more with one."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is not None:
            return self.openapi_schema
        document = super().openapi()
        for operations in document["paths"].values():
            for operation in operations.values():
                asked = {name for each in operation.get("security", ()) for name in each}
                if asked:
                    operation["security"] = _REQUIRED if WRITE_SCHEME in asked else _OPTIONAL
        return document
