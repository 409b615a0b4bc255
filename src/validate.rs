//! Wiring so that the regular expressions build and run by themselves.
#![allow(dead_code)] // Nothing uses them yet.

mod regex;
mod text;
