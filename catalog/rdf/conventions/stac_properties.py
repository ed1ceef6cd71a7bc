"""Which terms say what the properties of a STAC object say?

A property that is not listed here stays an attribute.
Source: STAC 1.1.0, "Common metadata"; extensions eo 2.0, projection 2.0, processing 1.2, product 0.1, scientific 1.0.
"""

import re
from collections.abc import Mapping

from catalog.metadata.document import Json, canonical_json
from catalog.rdf import literals, terms
from catalog.rdf.convention import About, Findings
from catalog.rdf.conventions.geozarr_crs import stated
from catalog.rdf.conventions.stac_extent import Reporter
from catalog.rdf.iris import content_hash
from catalog.rdf.places import decimal, is_number, parse_instant, safe_iri
from catalog.rdf.prefixes import DCAT, DCT, PREFIXES, PROV, RDF_TYPE

SCHEMA, FOAF = PREFIXES["schema"], PREFIXES["foaf"]
MAX_LINKS = 1000
MAX_ITEMS = 100

_TEXTS = {
    "id": f"{SCHEMA}identifier",
    "title": f"{DCT}title",
    "description": f"{DCT}description",
    "collection": terms.STAC_COLLECTION_ID,
    "platform": terms.PLATFORM_NAME,
    "constellation": terms.CONSTELLATION,
    "mission": terms.MISSION,
    "processing:level": terms.PROCESSING_LEVEL,
    "product:type": terms.PRODUCT_TYPE,
}
_LISTS = {"instruments": terms.INSTRUMENT_NAME, "instrument": terms.INSTRUMENT_NAME, "keywords": f"{DCAT}keyword"}
_INSTANTS = {"created": f"{DCT}created", "updated": f"{SCHEMA}dateModified", "published": f"{DCT}issued"}
_SHARES = {"eo:cloud_cover": terms.CLOUD_COVER, "eo:snow_cover": terms.SNOW_COVER}
_ROLES = {
    "producer": f"{DCT}creator",
    "processor": f"{DCT}contributor",
    "host": f"{DCT}publisher",
    "licensor": f"{DCT}rightsHolder",
}
_RELATIONS = {
    "derived_from": f"{PROV}wasDerivedFrom",
    "license": f"{DCT}license",
    "collection": f"{SCHEMA}isPartOf",
    "cite-as": f"{SCHEMA}citation",
    "via": f"{DCT}source",
}
_NO_LICENCE = frozenset({"proprietary", "various", "other"})
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}", re.ASCII)
_DOI = re.compile(r"10\.[0-9]{4,9}/[A-Za-z0-9._;()/:+-]{1,200}", re.ASCII)


def describe_text(subject: str, values: Mapping[str, Json], found: Findings) -> None:
    """Say what is a text and has a term."""
    for key, predicate in _TEXTS.items():
        value = values.get(key)
        if isinstance(value, str) and value:
            found.say(subject, predicate, literals.string(value))


def describe_properties(subject: str, properties: Mapping[str, Json], to: Reporter) -> None:
    """Say what the properties of an item, or the members of a collection, say."""
    found = to.found
    describe_text(subject, {key: value for key, value in properties.items() if key not in ("id", "collection")}, found)
    for key, predicate in _LISTS.items():
        value = properties.get(key)
        texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        found.say(subject, predicate, *(literals.string(text) for text in texts[:MAX_ITEMS] if isinstance(text, str) and text))
    for key, predicate in _INSTANTS.items():
        if key in properties:
            _describe_instant(subject, key, properties[key], predicate, to)
    for key, predicate in _SHARES.items():
        value = properties.get(key)
        if is_number(value) and 0 <= value <= 100:
            found.say(subject, predicate, literals.double(float(value)))
        elif value is not None:
            to.report("invalid-percentage", f"{key} is {value!r:.80}; a number from 0 to 100 is needed", f"/properties/{key}")
    gsd = properties.get("gsd")
    if is_number(gsd) and gsd > 0:
        found.say(subject, f"{DCAT}spatialResolutionInMeters", decimal(float(gsd)))
    found.say(subject, terms.CRS, *{crs.iri for _, crs in stated(properties) if crs and crs.iri})
    _describe_licence(subject, properties.get("license"), found)
    doi = properties.get("sci:doi")
    if isinstance(doi, str) and _DOI.fullmatch(doi):
        found.say(subject, f"{SCHEMA}citation", f"<https://doi.org/{doi}>")


def _describe_instant(subject: str, key: str, value: Json, predicate: str, to: Reporter) -> None:
    if instant := parse_instant(value):
        to.found.say(subject, predicate, literals.date_time(instant))
    elif value is not None:
        message = f"{key} is {value!r:.80}; an instant such as 2020-12-11T22:38:32Z is needed"
        to.report("invalid-datetime", message, f"/properties/{key}")


def _describe_licence(subject: str, licence: Json, found: Findings) -> None:
    if isinstance(licence, str) and licence.lower() not in _NO_LICENCE and _SPDX.fullmatch(licence):
        found.say(subject, f"{DCT}license", f"<https://spdx.org/licenses/{licence}>")


def describe_providers(subject: str, properties: Mapping[str, Json], about: About, found: Findings) -> None:
    """Say who made, keeps and licenses the data. Some products write ``provider``."""
    providers = properties.get("providers", properties.get("provider"))
    for provider in providers[:MAX_ITEMS] if isinstance(providers, list) else ():
        name = provider.get("name") if isinstance(provider, dict) else None
        if not isinstance(provider, dict) or not isinstance(name, str):
            continue
        agent = about.part("", "agent", content_hash(canonical_json([name, provider.get("url")])))
        roles = provider.get("roles")
        predicates = (
            {_ROLES[role] for role in roles if isinstance(role, str) and role in _ROLES} if isinstance(roles, list) else set()
        )
        for predicate in predicates or {f"{DCT}contributor"}:
            found.say(subject, predicate, agent)
        found.say(agent, RDF_TYPE, f"<{FOAF}Agent>")
        found.say(agent, f"{FOAF}name", literals.string(name))
        if homepage := safe_iri(provider.get("url"), about.iris.base):
            found.say(agent, f"{FOAF}homepage", homepage)


def describe_links(subject: str, links: Json, about: About, found: Findings) -> None:
    """Say what links lead to; only those to ``http`` and ``https`` are followed by anyone."""
    for link in links[:MAX_LINKS] if isinstance(links, list) else ():
        relation = link.get("rel") if isinstance(link, dict) else None
        if isinstance(link, dict) and isinstance(relation, str) and relation in _RELATIONS:
            target = safe_iri(link.get("href"), about.iris.base)
            if target:
                found.say(subject, _RELATIONS[relation], target)
