//! E0277: the halves rely on what it promises.
use forebay::Notify;

pub struct Fake;

pub fn ask<W: Notify>() {}

pub fn call() {
    #[cfg(fails)]
    ask::<Fake>();
    ask::<forebay::Poll>();
}

fn main() {}
