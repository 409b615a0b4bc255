//! E0277: all leases rely on what it promises.
use forebay::pool::Home;

pub struct Fake;

// SAFETY: none.
#[cfg(fails)]
unsafe impl Home for Fake {
    type Item = u8;

    unsafe fn item(&self, _slot: u16) -> std::ptr::NonNull<u8> {
        std::ptr::NonNull::dangling()
    }
    unsafe fn item_mut(&self, _slot: u16) -> std::ptr::NonNull<u8> {
        std::ptr::NonNull::dangling()
    }
    fn state(&self, _slot: u16) -> ! {
        loop {}
    }
    unsafe fn put(&self, _slot: u16) {}
}

pub fn lease<R: Home>(_: forebay::Lease<R>) {}

fn main() {}
