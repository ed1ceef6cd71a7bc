"""From a SPARQL answer to an array: which arrays does a URI mean, which part of them, which chunks, which values?

Which file answers what: ``resolve`` (which arrays does a URI mean?), ``array_ref`` (what must be known to read one?),
``selection`` (which part of it?), ``chunk_plan`` (which chunks hold that part?), ``limits`` (may it cost that much?),
``staleness`` (is it still the array that was catalogued?), ``read`` (which values are there?), ``npy`` (how do they become
a file?).
"""
