//! One static for each size; its own size is what `nm` prints. Nothing has to run.
#![no_std]

use core::mem::size_of;
use forebay::reset::EachDefault;
use forebay::{LanePool, Pool, Ring, StreamPool, Token, Waking};
use heapless::pool::object::{ObjectBlock, ObjectPoolImpl};
use heapless::spsc::Queue;

macro_rules! sizes {
    ($($name:ident = $size:expr;)+) => {$(
        #[unsafe(no_mangle)]
        pub static $name: [u8; $size] = [0; $size];
    )+};
}

type Frame = [u8; 64];
/// A ring of 20 has 20 places; a queue of 21 has 20 that can be used.
type Tokens = Queue<Token, 21>;

sizes! {
    SIZE_POOL_FOREBAY = size_of::<Pool<Frame, 32, EachDefault>>();
    SIZE_POOL_HEAPLESS = 32 * size_of::<ObjectBlock<Frame>>() + size_of::<ObjectPoolImpl<Frame>>();
    SIZE_POOL_BARE = 32 * size_of::<Frame>();
    SIZE_WAITS_FOREBAY = size_of::<Pool<Frame, 32, EachDefault, Waking<4>>>();
    SIZE_WAITS_BARE = 32 * size_of::<Frame>();
    SIZE_LANES_FOREBAY = size_of::<LanePool<Frame, 32, 2, EachDefault>>();
    SIZE_LANES_BARE = 32 * size_of::<Frame>();
    SIZE_RING_FOREBAY = size_of::<Ring<Token, 20>>();
    SIZE_RING_HEAPLESS = size_of::<Tokens>();
    SIZE_RING_BARE = 20 * size_of::<Token>();
    SIZE_STREAMS_FOREBAY = size_of::<StreamPool<Token, 4>>();
    SIZE_STREAMS_HEAPLESS = 4 * size_of::<ObjectBlock<Tokens>>() + size_of::<ObjectPoolImpl<Tokens>>();
    SIZE_STREAMS_BARE = 4 * 20 * size_of::<Token>();
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
