//! What has to come out as a failure, or the run says nothing.

#[test]
fn panics() {
    panic!("on purpose");
}

#[test]
#[should_panic = "on purpose"]
fn does_not_panic() {}

#[test]
#[should_panic = "on purpose"]
fn panics_with_other_words() {
    panic!("by accident");
}

/// A trap that is no panic.
#[test]
fn reads_beyond_its_memory() {
    // SAFETY: none: the machine has to stop it. Its memory is never as large as this.
    let byte = unsafe { std::ptr::without_provenance::<u8>(0xffff_fff0).read_volatile() };
    std::hint::black_box(byte);
}
