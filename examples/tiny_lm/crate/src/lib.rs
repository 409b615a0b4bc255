#![doc = include_str!("../../README.md")]
#![no_std]
#![forbid(unsafe_code)]

// The sources are a module above this package, because cargo leaves a folder with a manifest out of forebay's package,
// whose example `stream` needs them.
#[path = "../../mod.rs"]
mod model;

pub use model::{Model, TEMPERATURE};
