//! Reset and policies: what is gone, what is kept, what is not kept at all.
#![allow(unsafe_code)] // Looks at idle memory.

use forebay::reset::EachDefault;
use forebay::{DefaultReset, Policy, Pool, Reset, Response, Token};

/// `value` is as `fresh` after a reset, and may be kept.
fn resets_to<T: Reset + PartialEq + std::fmt::Debug>(mut value: T, fresh: &T) {
    assert_ne!(&value, fresh, "else the reset shows nothing");
    value.reset();
    assert_eq!(&value, fresh);
    assert!(value.is_reusable());
}

#[test]
fn smoke() {
    let pool: Pool<(u32, heapless::String<8>), 1> = Pool::new();
    let mut lease = pool.try_get().unwrap();
    lease.0 = 1;
    lease.1.push('x').unwrap();
    drop(lease);
    let lease = pool.try_get().unwrap();
    assert_eq!((lease.0, lease.1.as_str()), (0, ""));
}

/// What overflowed is wiped as what is pooled, on every way of being dropped.
#[cfg(feature = "std")]
#[test]
fn an_object_on_the_heap_is_recycled_before_it_is_dropped() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    static READABLE: AtomicUsize = AtomicUsize::new(0);

    #[derive(Default)]
    struct Secret(u32);
    impl Reset for Secret {
        fn reset(&mut self) {
            self.0 = 0;
        }
    }
    impl Drop for Secret {
        fn drop(&mut self) {
            READABLE.fetch_add(usize::from(self.0 != 0), SeqCst);
        }
    }

    let pool: Pool<Secret, 1> = Pool::new();
    let _only = pool.try_get().unwrap();
    pool.get_or_new().0 = 1;
    let mut shared = pool.get_or_new();
    shared.0 = 2;
    let shared = forebay::Lease::share(shared);
    drop((shared.clone(), shared));
    let mut whole = pool.get_or_new();
    whole.0 = 3;
    drop(forebay::Lease::map(whole, |secret| &mut secret.0));
    assert_eq!((pool.metrics().overflows, READABLE.load(SeqCst)), (3, 0));
}

#[test]
fn numbers_become_zero() {
    macro_rules! zero {
        ($($t:ty),+) => {$( resets_to::<$t>(1 as $t, &(0 as $t)); )+};
    }
    zero!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
    resets_to(true, &false);
    resets_to('x', &'\0');
    let mut unit = ();
    Reset::reset(&mut unit);
    assert!(unit.is_reusable());
}

#[test]
fn compounds_reset_each_part() {
    resets_to([1, 2, 3], &[0, 0, 0]);
    resets_to(Some("x"), &None);
    resets_to((1_u8,), &(0,));
    resets_to((1_u8, 1_i8), &(0, 0));
    resets_to((1_u8, 1_i8, true), &(0, 0, false));
    resets_to((1_u8, 1_i8, true, 'x'), &(0, 0, false, '\0'));
    resets_to((1_u8, 1_i8, true, 'x', 1.0_f32), &(0, 0, false, '\0', 0.0));
    resets_to((1_u8, 1_i8, true, 'x', 1.0_f32, [1]), &(0, 0, false, '\0', 0.0, [0]));
}

#[test]
fn compounds_ask_each_part_whether_to_keep_it() {
    #[derive(Clone, Copy, Debug)]
    struct Kept(bool);
    impl Reset for Kept {
        fn reset(&mut self) {}
        fn is_reusable(&self) -> bool {
            self.0
        }
    }
    let (yes, no) = (Kept(true), Kept(false));
    assert!([yes, yes].is_reusable() && ![yes, no].is_reusable() && ![no, yes].is_reusable());
    assert!((yes,).is_reusable() && !(no,).is_reusable());
    assert!((yes, yes, yes, yes, yes, yes).is_reusable());
    for at in 0..6 {
        let part = |i| Kept(i != at);
        let parts = (part(0), part(1), part(2), part(3), part(4), part(5));
        assert!(!parts.is_reusable(), "{at}");
    }
    #[cfg(feature = "std")]
    assert!(Box::new(yes).is_reusable() && !Box::new(no).is_reusable());
}

#[test]
fn fixed_collections_are_emptied() {
    let mut vec: heapless::Vec<u8, 4> = heapless::Vec::from_slice(&[1, 2]).unwrap();
    vec.reset();
    assert!(vec.is_empty() && vec.is_reusable());

    let mut string: heapless::String<4> = "abc".try_into().unwrap();
    string.reset();
    assert!(string.is_empty() && string.is_reusable());

    let mut deque: heapless::Deque<u8, 4> = heapless::Deque::new();
    deque.push_back(1).unwrap();
    deque.reset();
    assert!(deque.is_empty() && deque.is_reusable());

    let mut history: heapless::HistoryBuf<u8, 4> = heapless::HistoryBuf::new();
    history.write(1);
    history.reset();
    assert!(history.is_empty() && history.is_reusable());

    let mut heap: heapless::BinaryHeap<u8, heapless::binary_heap::Max, 4> =
        heapless::BinaryHeap::new();
    heap.push(1).unwrap();
    heap.reset();
    assert!(heap.is_empty() && heap.is_reusable());

    let mut linear: heapless::LinearMap<u8, u8, 4> = heapless::LinearMap::new();
    linear.insert(1, 1).unwrap();
    linear.reset();
    assert!(linear.is_empty() && linear.is_reusable());

    let mut map: heapless::index_map::FnvIndexMap<u8, u8, 4> = heapless::IndexMap::new();
    map.insert(1, 1).unwrap();
    map.reset();
    assert!(map.is_empty() && map.is_reusable());

    let mut set: heapless::index_set::FnvIndexSet<u8, 4> = heapless::IndexSet::new();
    set.insert(1).unwrap();
    set.reset();
    assert!(set.is_empty() && set.is_reusable());
}

#[test]
fn text_types_are_emptied() {
    let mut token: Token = "abc".parse().unwrap();
    token.set_finished(true);
    resets_to(token, &Token::new());
    let mut response: Response<8> = "abc".parse().unwrap();
    response.set_end(forebay::End::Failed(1));
    resets_to(response, &Response::new());
}

#[cfg(feature = "std")]
#[test]
fn growing_collections_keep_their_memory() {
    use std::collections::HashMap;
    let pool: Pool<(Vec<u8>, String, HashMap<u8, u8>), 1> = Pool::new();
    let mut lease = pool.try_get().unwrap();
    lease.0.extend([7; 500]);
    lease.1.push_str("a text of some length");
    lease.2.extend((0..100).map(|n| (n, n)));
    let before = (lease.0.capacity(), lease.1.capacity(), lease.2.capacity());
    let at = lease.0.as_ptr();
    drop(lease);
    let lease = pool.try_get().unwrap();
    assert!(lease.0.is_empty() && lease.1.is_empty() && lease.2.is_empty());
    assert_eq!((lease.0.capacity(), lease.1.capacity(), lease.2.capacity()), before);
    assert_eq!(lease.0.as_ptr(), at);
    resets_to(Box::new(5), &Box::new(0));
    let mut dynamic: Box<dyn Reset> = Box::new(vec![1]);
    dynamic.reset();
    assert!(dynamic.is_reusable());
}

#[test]
fn policies_make_and_recycle() {
    assert_eq!(Policy::<u8>::make(&DefaultReset, 7), 0);
    let mut array: [u8; 100] = EachDefault.make(7);
    assert_eq!(array, [0; 100]);
    array.fill(1);
    assert!(EachDefault.recycle(&mut array));
    assert_eq!(array, [0; 100]);
    let mut object = 5_u8;
    assert!(DefaultReset.recycle(&mut object));
    assert_eq!(object, 0);
}

#[test]
fn veto_after_reset_drops_the_object() {
    #[derive(Default)]
    struct Once {
        used: bool,
        resets: u32,
    }
    impl Reset for Once {
        fn reset(&mut self) {
            self.resets += 1;
        }
        fn is_reusable(&self) -> bool {
            assert_eq!(self.resets, 1, "asked right after the reset");
            !self.used
        }
    }
    let pool: Pool<Once, 1> = Pool::new();
    pool.try_get().unwrap().used = true;
    let lease = pool.try_get().unwrap();
    assert_eq!((lease.used, lease.resets), (false, 0), "a new one");
    assert_eq!((pool.metrics().misses, pool.metrics().evictions), (2, 1));
}

/// The bytes of the place where `at` says that an object is, now that it is idle.
///
/// # Safety
/// `at` is the object of a slot of `pool` that nobody has, all of whose bytes were written.
unsafe fn idle_bytes<T, const N: usize, P>(pool: &Pool<T, N, P>, at: usize) -> Vec<u8> {
    let place = std::ptr::from_ref(pool).cast::<u8>().with_addr(at);
    // SAFETY: the caller's.
    (0..size_of::<T>()).map(|i| unsafe { place.add(i).read_volatile() }).collect()
}

const SECRET: &str = "correct horse battery staple!!!!";

fn knows_secret(bytes: &[u8]) -> bool {
    // Four bytes in a row are no chance.
    SECRET.as_bytes().windows(4).any(|part| bytes.windows(4).any(|seen| seen == part))
}

/// The control of the tests below: this is what `Zeroizing` is for.
#[test]
fn reset_forgets_by_length_only() {
    let pool: Pool<heapless::String<32>, 1> = Pool::new();
    let mut lease = pool.try_get().unwrap();
    lease.push_str(SECRET).unwrap();
    let at = (&raw const *lease).addr();
    drop(lease);
    // SAFETY: idle, and the text filled it.
    assert!(knows_secret(&unsafe { idle_bytes(&pool, at) }));
}

#[cfg(feature = "zeroize")]
mod zeroizing {
    use super::*;
    use forebay::Lease;
    use forebay::reset::Zeroizing;
    use zeroize::Zeroize;

    /// `write` puts the secret into an object; once it is back, it is not there any more.
    fn forgets<T: Default + Reset + Zeroize>(write: impl Fn(&mut T)) {
        let pool: Pool<T, 2, Zeroizing> = Pool::with_policy(Zeroizing);
        let _first = pool.try_get().unwrap();
        let mut lease = pool.try_get().unwrap();
        write(&mut lease);
        let at = (&raw const *lease).addr();
        // SAFETY: on loan to us, and filled by `write`; only looked at.
        assert!(knows_secret(&unsafe { idle_bytes(&pool, at) }), "control");
        drop(lease);
        // SAFETY: idle, and zeroed if not written.
        assert!(!knows_secret(&unsafe { idle_bytes(&pool, at) }));

        // By way of a bare pointer and a shared lease too.
        let mut lease = pool.try_get().unwrap();
        write(&mut lease);
        let raw = Lease::into_raw(lease);
        // SAFETY: nobody uses the pointer besides.
        let lease = unsafe { Lease::from_raw(&pool, raw) }.unwrap();
        let shared = Lease::share(lease);
        drop(shared.clone());
        drop(shared);
        // SAFETY: as above.
        assert!(!knows_secret(&unsafe { idle_bytes(&pool, at) }));
    }

    #[test]
    fn text_is_gone_behind_a_reset() {
        forgets::<heapless::String<32>>(|text| text.push_str(SECRET).unwrap());
        forgets::<Response<32>>(|text| text.push_str(SECRET).unwrap());
        forgets::<Token<32>>(|text| text.push_str(SECRET).unwrap());
        forgets::<[u8; 32]>(|bytes| bytes.copy_from_slice(SECRET.as_bytes()));
        forgets::<heapless::Vec<u8, 32>>(|v| v.extend_from_slice(SECRET.as_bytes()).unwrap());
    }

    #[test]
    fn text_is_gone_behind_its_length_too() {
        // Emptied by its user before it came back: the bytes behind the length count.
        forgets::<heapless::String<32>>(|text| {
            text.push_str(SECRET).unwrap();
            text.clear();
        });
        forgets::<Response<32>>(|text| {
            text.push_str(SECRET).unwrap();
            text.reset();
        });
        forgets::<Token<32>>(|text| {
            text.push_str(SECRET).unwrap();
            text.reset();
        });
    }

    #[test]
    fn text_is_gone_behind_a_veto() {
        /// Not to be kept.
        #[derive(Default)]
        struct Grown<T>(T);
        impl<T: Reset> Reset for Grown<T> {
            fn reset(&mut self) {
                self.0.reset();
            }
            fn is_reusable(&self) -> bool {
                false
            }
        }
        impl<T: Zeroize> Zeroize for Grown<T> {
            fn zeroize(&mut self) {
                self.0.zeroize();
            }
        }
        forgets::<Grown<heapless::String<32>>>(|text| text.0.push_str(SECRET).unwrap());
        forgets::<Grown<Response<32>>>(|text| text.0.push_str(SECRET).unwrap());
        forgets::<Grown<Token<32>>>(|text| text.0.push_str(SECRET).unwrap());
    }

    #[test]
    fn objects_are_ready_again() {
        let pool: Pool<Response<8>, 1, Zeroizing> = Pool::with_policy(Zeroizing);
        let mut lease = pool.try_get().unwrap();
        lease.push_str("abc").unwrap();
        lease.set_end(forebay::End::Failed(9));
        drop(lease);
        let mut lease = pool.try_get().unwrap();
        assert_eq!((lease.as_str(), lease.end()), ("", None));
        lease.push_str("12345678").unwrap();
        assert_eq!(pool.metrics().misses, 1);
    }
}
