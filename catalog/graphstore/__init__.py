"""How do we keep named graphs and answer SPARQL? One door (`door`), two stores behind it (`embedded`, `fuseki`)."""
