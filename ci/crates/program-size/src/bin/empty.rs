//! The runtime alone, which is subtracted from the size of every other program.
#![no_std]
#![no_main]

program_size::program!();
