//! The integration tests of forebay, compiled as they are, for a machine that has one thread, no unwinding, no
//! clock, no files and nothing to write to: `#[test]` is here one that exports the function. `run.mjs` calls each
//! in an instance of its own, and `main` first.
//!
//! Left out are those that need a host throughout: threads, unwinding, tokio, processes, the source tree.

#![allow(clippy::duplicate_mod)] // Each suite has its own copy of what they share.

#[macro_use]
extern crate collect;

use std::sync::Mutex;

macro_rules! tests {
    ($($path:literal $name:ident;)+) => {$(
        #[path = $path]
        mod $name;
    )+};
}

tests! {
    "../../../../tests/auto_traits.rs" auto_traits;
    "../../../../tests/cascade.rs" cascade;
    "../../../../tests/global.rs" global;
    "../../../../tests/go_parity.rs" go_parity;
    "../../../../tests/headroom.rs" headroom;
    "../../../../tests/lanes.rs" lanes;
    "../../../../tests/lease.rs" lease;
    "../../../../tests/model.rs" model;
    "../../../../tests/monitor.rs" monitor;
    "../../../../tests/pool.rs" pool;
    "../../../../tests/reset.rs" reset;
    "../../../../tests/ring.rs" ring;
    "../../../../tests/slab.rs" slab;
    "../../../../tests/stream.rs" stream;
    "../../../../tests/token.rs" token;
    "../../../../tests/validate.rs" validate;
    "../../../../tests/wait.rs" wait;
    "../../../../validate/tests/hostile.rs" validate_hostile;
    "../../../../validate/tests/json.rs" validate_json;
    "../../../../validate/tests/schema.rs" validate_schema;
    "../../../../validate/tests/stream.rs" validate_stream;
    "../../../../validate/tests/whole.rs" validate_whole;
}
mod control;

/// What the panic said that ended the instance.
static MESSAGE: Mutex<String> = Mutex::new(String::new());

#[unsafe(no_mangle)]
extern "C" fn message() -> *const u8 {
    MESSAGE.lock().unwrap().as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn message_len() -> usize {
    MESSAGE.lock().unwrap().len()
}

fn main() {
    std::panic::set_hook(Box::new(|panic| *MESSAGE.lock().unwrap() = panic.to_string()));
}
