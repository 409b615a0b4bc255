// Whether each public operation of forebay has a function in this crate: node operations.mjs <rustdoc's JSON>... < names.
//
// An operation is a method, of a type or of one of the traits below, or a function that makes no constant. It is there
// as a name that ends in its type and itself: `SharedLease::try_clone` as `op_…_shared_lease_try_clone`.
import { readFileSync } from "node:fs";

const TRAITS = ["Deref", "DerefMut", "Drop", "Future", "Index", "IndexMut", "Iterator"];
// Not of the data path.
const LEFT_OUT = {
    "Format::matches": "what checks of a user's schema do",
    "Value::": "what checks of a user's schema do",
    "SchemaError::": "schemas are made before",
    "StreamValidator::new": "a literal",
    "StreamValidator::with": "a literal",
};
const names = readFileSync(0, "utf8").split(/\s+/).filter(name => /^(op|known)_/.test(name));
const last = path => path.split("::").at(-1);
const operations = new Set();
const isOperation = item => item?.inner.function && !item.inner.function.header.is_const;

for (const file of process.argv.slice(2)) {
    const { index } = JSON.parse(readFileSync(file));
    const methods = new Set();
    for (const { inner, crate_id } of Object.values(index)) {
        if (!inner.impl || crate_id !== 0) continue;
        const { for: type, trait, items, blanket_impl, is_synthetic } = inner.impl;
        for (const id of items) methods.add(id);
        if (!type.resolved_path || blanket_impl || is_synthetic) continue;
        if (trait && !TRAITS.includes(last(trait.path))) continue;
        for (const item of items.map(id => index[id]).filter(isOperation))
            if (trait ? item.name !== "size_hint" : item.visibility === "public")
                operations.add(`${last(type.resolved_path.path)}::${item.name}`);
    }
    for (const [id, item] of Object.entries(index))
        if (isOperation(item) && item.crate_id === 0 && item.visibility === "public" && !methods.has(Number(id)))
            operations.add(item.name);
}

const snake = path => path.replaceAll("::", "_").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
// A name stands for the longest that it ends in: `op_stream_pool_open` for no `Pool::open`.
const covered = new Set(names.map(name => [...operations].filter(path => name.endsWith(`_${snake(path)}`))
    .sort((a, b) => b.length - a.length)[0]));
const why = path => Object.keys(LEFT_OUT).find(start => path.startsWith(start));
const wanted = [...operations].filter(path => !why(path)).sort();
const wrong = wanted.filter(path => !covered.has(path)).map(path => `${path}: no function ends in _${snake(path)}`);
for (const start of Object.keys(LEFT_OUT))
    if (![...operations].some(path => path.startsWith(start))) wrong.push(`${start} is left out, and not there`);
if (wanted.length < 150) wrong.push(`${wanted.length} operations only: has rustdoc's JSON changed?`);
console.log(wrong.join("\n") || `   each of ${wanted.length} public operations has a function here`);
process.exit(wrong.length ? 1 : 0);
