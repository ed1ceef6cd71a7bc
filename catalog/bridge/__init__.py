"""From a SPARQL answer to an array: which arrays does a URI mean, which part of them, which chunks, which values?

Which file answers what: ``uri_lookup`` (which nodes does a URI mean?), ``node_ref`` (is it the catalogue that tells of
them?), ``array_ref`` (what must be known to read their arrays?), ``selection`` (which part of one?), ``chunk_plan``
(which chunks hold that part?), ``exact_plan`` (which byte ranges of shards?), ``limits`` (may it cost that much?), ``staleness``
(is it still the array that was catalogued?), ``read`` and ``read_many`` (which values are there?), ``missing`` (which of them are
not in the store?), ``results`` (what can they become?), ``npy`` (how do they become a file?).

And for selections of every kind: ``answer``, ``answer_columns`` (what do the rows of a SELECT mean?), ``axis_request``,
``selection_text`` (what can be asked of one axis, and how is it written?), ``part`` (positions, world units, labels and regions
together), ``world``, ``labels``, ``calendars``, ``coordinates`` (by which rule do they become positions?), ``image_facts``,
``levels`` (what does the graph say of images, and which resolution is read?), ``boxes``, ``points`` (how are elements read that
lie apart?).
"""
