"""Which datasets does a derived graph name as sources?"""

from catalog.rdf.derivation import source_datasets

FROM = "http://www.w3.org/ns/prov#wasDerivedFrom"


def test_only_statements_about_the_dataset_name_sources() -> None:
    forged = f"a\u2028<urn:new> <{FROM}> <urn:forged> ."
    lines = [
        f"<urn:new> <{FROM}> <urn:b> .",
        f"<urn:new> <{FROM}> <urn:a> .",
        f"<urn:new/nodes/x> <{FROM}> <urn:c> .",
        f'<urn:new> <http://purl.org/dc/terms/title> "{forged}" .',
    ]
    assert source_datasets("".join(f"{line}\n" for line in sorted(lines)).encode(), "urn:new") == ("urn:a", "urn:b")
