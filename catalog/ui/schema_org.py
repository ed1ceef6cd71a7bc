"""What do search engines read in a dataset's page? The dataset in the words of schema.org, as a block of JSON-LD.

Source: schema.org, Dataset; Google Search Central, "Dataset structured data".
"""

import json
from typing import Any

from catalog.rdf.dcat import Entry
from catalog.rdf.iris import Iris


def dataset_json_ld(iris: Iris, entry: Entry, catalogue: str) -> str:
    """The block's text; no ``<`` is in it, so that nothing in it can end the block.

    Parameters
    ----------
    catalogue
        The catalogue's title.
    """
    found: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": entry.iri,
        "identifier": entry.id,
        "name": entry.title,
        "description": entry.description,
        "url": entry.iri,
        "isAccessibleForFree": entry.access == "public",
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": iris.catalogue, "name": catalogue, "url": iris.base},
        "distribution": [{"@type": "DataDownload", "contentUrl": iris.zarr(entry.id), "encodingFormat": "application/vnd+zarr"}],
        "dateModified": entry.modified,
        "datePublished": entry.issued,
        "license": entry.licence,
        "keywords": list(entry.keywords),
        "creator": [_agent(each) for each in entry.creators],
        "publisher": [_agent(each) for each in entry.publishers],
    }
    text = json.dumps({key: value for key, value in found.items() if value not in ("", [])}, ensure_ascii=False, indent=1)
    return text.replace("<", "\\u003c")


def _agent(value: str) -> dict[str, str]:
    return {"@id": value} if value.startswith(("http://", "https://")) else {"name": value}
