// Reads arrays of a Zarr store over HTTP with zarrita.js, and prints of each its shape, its data type and its values.
//
//     node read_zarr.mjs URL v2|v3 PATH …        PATH may have a selection behind '?', such as a/b?0:3,5
import * as zarr from "zarrita";

const [url, version, ...paths] = process.argv.slice(2);
const plain = (value) => (typeof value === "bigint" ? Number(value) : value);

function selection(text) {
  if (!text) return null;
  return text.split(",").map((part) => {
    if (part === ":") return null;
    const [start, stop] = part.split(":");
    return stop === undefined ? Number(start) : zarr.slice(Number(start), Number(stop));
  });
}

const store = await zarr.withConsolidatedMetadata(new zarr.FetchStore(url), { format: version });
const root = zarr.root(store);
const found = { contents: store.contents().map(({ path, kind }) => [path, kind]), arrays: {} };
for (const wanted of paths) {
  const [path, part] = wanted.split("?");
  const array = await zarr.open[version](root.resolve(path), { kind: "array" });
  const values = await zarr.get(array, selection(part));
  found.arrays[path] = {
    shape: values.shape ?? [],
    dtype: array.dtype,
    values: values.data === undefined ? [plain(values)] : Array.from(values.data, plain),
  };
}
console.log(JSON.stringify(found));
