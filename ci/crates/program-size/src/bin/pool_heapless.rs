//! The objects of a pool, with heapless.
#![no_std]
#![no_main]
#![allow(static_mut_refs)] // `manage` wants `&'static mut`

use heapless::{object_pool, pool::object::ObjectBlock};
use program_size::{N, Object, objects, program};

object_pool!(Objects: Object);

fn fill() {
    static mut BLOCKS: [ObjectBlock<Object>; N] = [const { ObjectBlock::new(Object([0; 8])) }; N];
    // SAFETY: the only reference to them that is made, because `main` runs once.
    for block in unsafe { &mut BLOCKS } {
        Objects.manage(block);
    }
}

program!({
    fill();
    objects(|| Objects.request())
});
