//! E0133: nobody checks that the place was initialised.
use forebay::Ring;

fn main() {
    let mut ring: Ring<u8, 1> = Ring::new();
    let (mut producer, _consumer) = ring.split();
    let mut grant = producer.reserve().unwrap();
    grant.uninit().write(1);
    #[cfg(not(fails))]
    unsafe {
        grant.commit()
    };
    #[cfg(fails)]
    grant.commit();
}
