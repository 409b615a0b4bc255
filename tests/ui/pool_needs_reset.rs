//! E0277: who would clear it?
//! says: the policy `DefaultReset` cannot make and recycle objects of type `Object`
//! says: needs `Object: Default + forebay::Reset`
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
