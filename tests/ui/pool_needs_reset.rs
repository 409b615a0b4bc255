//! E0599: who would clear it?
use forebay::Pool;

#[derive(Default)]
struct Object;

#[cfg(not(fails))]
impl forebay::Reset for Object {
    fn reset(&mut self) {}
}

fn main() {
    let pool: Pool<Object, 1> = Pool::new();
    drop(pool.try_get());
}
