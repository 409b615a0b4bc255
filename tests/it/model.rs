//! Random steps on pools, with and without lanes, rings and streams, compared with plain models after each; failures are shrunk.
#![cfg(not(miri))] // Too slow there; the other suites do.

use crate::models::{lanes, pool, ring, stream};
use proptest::collection::vec;
use proptest::prelude::*;

fn config(steps: u32) -> ProptestConfig {
    // What fails is shrunk and shown; a file of it would be one more thing to keep.
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    // `PROPTEST_CASES` asks for more.
    if std::env::var_os("PROPTEST_CASES").is_some() {
        default
    } else {
        ProptestConfig { cases: steps, ..default }
    }
}

/// Up to 120 steps of kinds chosen by `$kind`, each with a byte to choose by.
macro_rules! steps {
    ($kind:ty) => {
        vec((any::<u8>().prop_map(<$kind>::from_byte), any::<u8>()), 0..120)
    };
}

macro_rules! pools {
    ($($test:ident: $n:literal;)+) => {
        proptest! {
            #![proptest_config(config(150))]
            $(
                #[test]
                fn $test(steps in steps!(pool::Step)) {
                    pool::run::<$n>(&steps);
                }
            )+
        }
    };
}

pools! {
    pool_of_1: 1;
    pool_of_2: 2;
    pool_of_3: 3;
    pool_of_31: 31;
    pool_of_32: 32;
    pool_of_33: 33;
    pool_of_65: 65;
    pool_of_100: 100;
}

macro_rules! lanes {
    ($($test:ident: $n:literal, $lanes:literal, $headroom:literal;)+) => {
        proptest! {
            #![proptest_config(config(200))]
            $(
                #[test]
                fn $test(steps in steps!(lanes::Step)) {
                    lanes::run::<$n, $lanes, $headroom>(&steps);
                }
            )+
        }
    };
}

lanes! {
    lanes_1_of_1: 1, 1, 0;
    lanes_3_of_1: 1, 3, 0;
    lanes_2_of_5: 5, 2, 0;
    lanes_3_of_8_with_headroom: 8, 3, 3;
    lanes_3_of_33: 33, 3, 0;
    lanes_2_of_64: 64, 2, 0;
    lanes_6_of_40: 40, 6, 0;
    lanes_4_of_70_with_headroom: 70, 4, 40;
    lanes_5_of_100: 100, 5, 0;
}

macro_rules! rings {
    ($($test:ident: $n:literal;)+) => {
        proptest! {
            #![proptest_config(config(250))]
            $(
                #[test]
                fn $test(turn in any::<usize>(), steps in steps!(ring::Step)) {
                    ring::run::<$n>(turn, &steps);
                }
            )+
        }
    };
}

rings! {
    ring_of_1: 1;
    ring_of_2: 2;
    ring_of_3: 3;
    ring_of_8: 8;
    ring_of_31: 31;
    ring_of_65: 65;
    ring_of_255: 255;
}

macro_rules! streams {
    ($($test:ident: $streams:literal, $depth:literal;)+) => {
        proptest! {
            #![proptest_config(config(200))]
            $(
                #[test]
                fn $test(steps in steps!(stream::Step)) {
                    stream::run::<$streams, $depth>(&steps);
                }
            )+
        }
    };
}

streams! {
    streams_1_of_1: 1, 1;
    streams_1_of_3: 1, 3;
    streams_2_of_2: 2, 2;
    streams_3_of_20: 3, 20;
    streams_33_of_1: 33, 1;
}

#[cfg(feature = "std")]
macro_rules! waiters {
    ($($test:ident: $run:path;)+) => {
        proptest! {
            #![proptest_config(config(250))]
            $(
                #[test]
                fn $test(steps in steps!(crate::models::waiters::Step)) {
                    $run(&steps);
                }
            )+
        }
    };
}

// Objects, lanes if there are any, objects that are reserved, seats.
#[cfg(feature = "std")]
waiters! {
    waiters_1_0_1: crate::models::waiters::run::<1, 0, 1>;
    waiters_2_1_3: crate::models::waiters::run::<2, 1, 3>;
    waiters_3_0_5: crate::models::waiters::run::<3, 0, 5>;
    waiters_5_3_4: crate::models::waiters::run::<5, 3, 4>;
    waiters_35_33_3: crate::models::waiters::run::<35, 33, 3>;
    waiters_on_lanes_1_4_0_2: crate::models::waiters::run_lanes::<1, 4, 0, 2>;
    waiters_on_lanes_2_3_1_3: crate::models::waiters::run_lanes::<2, 3, 1, 3>;
    waiters_on_lanes_2_1_0_2: crate::models::waiters::run_lanes::<2, 1, 0, 2>;
    waiters_on_lanes_3_2_0_4: crate::models::waiters::run_lanes::<3, 2, 0, 4>;
    waiters_on_lanes_4_2_1_3: crate::models::waiters::run_lanes::<4, 2, 1, 3>;
    waiters_on_lanes_8_2_5_3: crate::models::waiters::run_lanes::<8, 2, 5, 3>;
    waiters_on_lanes_36_3_2_4: crate::models::waiters::run_lanes::<36, 3, 2, 4>;
}
