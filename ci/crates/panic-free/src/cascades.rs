//! Objects of several pools, all or none.
use crate::{Owned, Plain};
use forebay::cascade::Reserved;
use forebay::error::NotAll;
use forebay::{Headroom, Lane, LanePool, Lease, Pool, Receiver, Sender, StreamPool, Token};

type P = Pool<Owned, 40, Plain>;
type Kept = Pool<Owned, 16, Plain, Headroom<3>>;
type Shared = LanePool<Owned, 16, 2, Plain>;
type On = Lane<'static, Owned, 16, 2, Plain>;
type Streams = StreamPool<Token, 4>;
type Halves = (Sender<&'static StreamPool<Token, 4>>, Receiver<&'static StreamPool<Token, 4>>);
type All = (Lease<&'static P>, Lease<&'static Kept>, (Lease<&'static On>, Halves));

export! { "op_"
    fn try_get_all(
        plain: &'static P,
        kept: &'static Kept,
        lane: &'static On,
        streams: &'static Streams
    ) -> Result<All, NotAll> { forebay::try_get_all((plain, Reserved(kept), (lane, streams))) }
    fn of_one_pool_try_get_all(pool: &'static Shared) -> bool { forebay::try_get_all((pool, pool, pool)).is_ok() }
    fn all_drop(all: All) { drop(all) }
}
