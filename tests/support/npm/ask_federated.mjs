// Answers a query with Comunica over the data of several SPARQL endpoints together, and prints the bindings.
//
//     node ask_federated.mjs QUERY ENDPOINT …
import { QueryEngine } from "@comunica/query-sparql";

const [query, ...endpoints] = process.argv.slice(2);
const sources = endpoints.map((value) => ({ type: "sparql", value }));
const stream = await new QueryEngine().queryBindings(query, { sources });
const found = [];
for await (const bindings of stream) {
  found.push(Object.fromEntries([...bindings].map(([name, term]) => [name.value, term.value])));
}
console.log(JSON.stringify(found));
