"""From a SPARQL answer to an array: which arrays does a URI mean, which part of them, which chunks, which values?

Which file answers what: ``uri_lookup`` (which nodes does a URI mean?), ``node_ref`` (is it the catalogue that tells of
them?), ``array_ref`` (what must be known to read their arrays?), ``selection`` (which part of one?), ``chunk_plan``
(which chunks hold that part?), ``limits`` (may it cost that much?), ``staleness`` (is it still the array that was
catalogued?), ``read`` (which values are there?), ``npy`` (how do they become a file?).
"""
