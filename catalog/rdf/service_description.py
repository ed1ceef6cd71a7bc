"""What can be asked at the SPARQL endpoint, and in which formats does it answer? As a SPARQL service description.

Source: W3C Recommendation, SPARQL 1.1 Service Description; the IRIs of formats: W3C, Unique URIs for File Formats.
"""

from typing import Final

from catalog.rdf import literals
from catalog.rdf.iris import Iris
from catalog.rdf.prefixes import DCT, PREFIXES, RDF_TYPE

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS: Final = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "JSON-LD", "RDF_XML"),
)


def service_lines(iris: Iris, title: str, *, federates: bool = False) -> list[str]:
    """The description of the endpoint as lines of N-Triples, sorted.

    Parameters
    ----------
    iris
        Of the deployment.
    title
        The catalogue's name.
    federates
        Whether there are endpoints that SERVICE may name.
    """
    me, dataset, graph = iris.sparql, f"{iris.sparql}#dataset", f"{iris.sparql}#default-graph"
    triples = [
        (me, RDF_TYPE, f"<{SD}Service>"),
        (me, f"{DCT}title", literals.string(title)),
        (me, f"{SD}endpoint", f"<{iris.sparql}>"),
        (me, f"{SD}supportedLanguage", f"<{SD}SPARQL11Query>"),
        (me, f"{SD}feature", f"<{SD}UnionDefaultGraph>"),
        *([(me, f"{SD}feature", f"<{SD}BasicFederatedQuery>")] if federates else []),
        (me, f"{SD}defaultEntailmentRegime", "<http://www.w3.org/ns/entailment/Simple>"),
        (me, f"{SD}defaultDataset", f"<{dataset}>"),
        *((me, f"{SD}resultFormat", f"<http://www.w3.org/ns/formats/{name}>") for name in _FORMATS),
        (dataset, RDF_TYPE, f"<{SD}Dataset>"),
        (dataset, f"{SD}defaultGraph", f"<{graph}>"),
        (dataset, f"{PREFIXES['rdfs']}seeAlso", f"<{iris.void}>"),
        (graph, RDF_TYPE, f"<{SD}Graph>"),
    ]
    return sorted(f"<{s}> <{p}> {o} .\n" for s, p, o in triples)
