// Runs the tests of a module that src/main.rs exports: node run.mjs <module> [words that names must contain].
// A panic ends its instance, so each test has its own.
import { readFileSync } from "node:fs";

const [file, words = ""] = process.argv.slice(2);
if (!file) {
    console.error("usage: node run.mjs <module> [words]");
    process.exit(2);
}
const module = new WebAssembly.Module(readFileSync(file));
const imports = WebAssembly.Module.imports(module);
if (imports.length) {
    console.error(`${file} wants something from outside: ${JSON.stringify(imports)}`);
    process.exit(1);
}

// What the standard library says where this target has no such thing.
const LACKS = [
    ["threads", "operation not supported on this platform"],
    ["a clock", "time not implemented on this platform"],
];
// What it says nothing about, test by test. One that passes is on this list by mistake.
const NEEDS = {
    unwinding: [
        "cascade::a_panic_of_the_holder_gives_back_all",
        "cascade::a_panic_while_a_part_is_made_gives_back_the_others",
        "cascade::a_panic_while_parts_go_back_loses_none",
        "cascade::waiting::a_panic_in_a_poll_loses_nothing",
        "monitor::a_clock_that_panics_costs_no_slot",
        "monitor::a_recycle_that_panics_is_timed",
        "slab::a_value_whose_drop_panics_is_dropped_once",
        "slab::an_init_that_panics_leaves_a_used_place_empty",
        "stream::a_token_whose_drop_panics_does_not_take_the_ring_along",
        "wait::a_make_that_panics_for_who_waits_passes_the_slot_on",
        "wait::a_waker_that_cannot_be_cloned_costs_nothing",
        "wait::a_waker_that_panics_loses_no_object",
        "wait::lanes::a_waker_that_panics_loses_no_object_of_a_lane",
    ],
    // Where words are short, a monitor knows times to 1,024 ticks, and these are shorter.
    "words of 64 bits": [
        "monitor::forgotten_leases_show_and_their_age_grows",
        "monitor::of_any_home",
        "monitor::owned_and_on_the_heap",
        "monitor::shared_mapped_erased",
        "monitor::smoke",
        "monitor::spans_time_streams",
    ],
};
const lacks = (path, message) => LACKS.find(([, said]) => message?.includes(said))?.[0]
    ?? Object.keys(NEEDS).find(what => NEEDS[what].includes(path));

// The panic's message, the trap's if there was no panic, or undefined.
function run(name) {
    const { exports } = new WebAssembly.Instance(module);
    exports.main();
    try {
        exports[name]();
    } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
        const text = new Uint8Array(exports.memory.buffer, exports.message(), exports.message_len());
        return new TextDecoder().decode(text) || `${error.message}, without a panic's message`;
    }
}

let passed = 0, failed = 0, controls = 0;
const ignored = {}, found = new Set();
for (const { name } of WebAssembly.Module.exports(module)) {
    const [, kind, path, expected = ""] = name.match(/^(test|panics) \w+::([\w:]*\w)(?:: (.*))?$/s) ?? [];
    if (!kind || !path.includes(words)) continue;
    found.add(path);
    let message = run(name);
    const missing = lacks(path, message);
    if (kind === "panics") {
        if (message === undefined) message = "did not panic";
        else if (message.includes(expected)) message = undefined;
        else message = `panicked, but not with "${expected}": ${message}`;
    }
    if (missing && message === undefined) message = `it passes, but is listed as one that needs ${missing}`;
    else if (missing) {
        ignored[missing] = (ignored[missing] ?? 0) + 1;
        console.log(`test ${path} ... ignored, needs ${missing}`);
        continue;
    }
    if (path.startsWith("control::")) {
        // The right way round, a control is a failure.
        if (message === undefined) {
            failed++;
            console.log(`test ${path} ... FAILED\n    it has to fail, and did not`);
        } else controls++;
    } else if (message === undefined) {
        passed++;
        console.log(`test ${path} ... ok`);
    } else {
        failed++;
        console.log(`test ${path} ... FAILED\n    ${message.replaceAll("\n", "\n    ")}`);
    }
}
for (const path of Object.values(NEEDS).flat()) {
    if (found.has(path) || !path.includes(words)) continue;
    failed++;
    console.log(`test ${path} ... FAILED\n    it is listed, but there is no such test`);
}
console.log(`\ncontrols that failed, as they have to: ${controls}`);
const needs = Object.entries(ignored).map(([what, n]) => `${n} need ${what}`).join(", ") || "none";
console.log(`ignored: ${needs}`);
const sum = Object.values(ignored).reduce((a, b) => a + b, 0);
console.log(`test result: ${failed ? "FAILED" : "ok"}. ${passed} passed; ${failed} failed; ${sum} ignored`);
process.exit(failed ? 1 : 0);
