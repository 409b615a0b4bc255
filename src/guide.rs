// Pages only: `src/guide`, where their links lead to the items of this crate.
#![doc = include_str!("guide/guide.md")]

#[allow(unused_imports)]
use names::*;

/// The names that pages may link to.
mod names {
    pub(super) use crate::cascade::*;
    pub(super) use crate::error::*;
    pub(super) use crate::global::{self, *};
    pub(super) use crate::monitor::*;
    pub(super) use crate::pool::*;
    pub(super) use crate::reset::*;
    pub(super) use crate::ring::*;
    pub(super) use crate::stream::*;
    #[cfg(feature = "validate")]
    pub(super) use crate::validate;
    pub(super) use crate::wait::*;
}

pub mod practices {
    #![doc = include_str!("guide/practices.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod pitfalls {
    #![doc = include_str!("guide/pitfalls.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod when_to_pool {
    #![doc = include_str!("guide/when_to_pool.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod embedded {
    #![doc = include_str!("guide/embedded.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod sizing {
    #![doc = include_str!("guide/sizing.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod migration {
    #![doc = include_str!("guide/migration.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod guarantees {
    #![doc = include_str!("guide/guarantees.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod limits {
    #![doc = include_str!("guide/limits.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod design {
    #![doc = include_str!("guide/design.md")]
    #[allow(unused_imports)]
    use super::names::*;
}

pub mod rejected {
    #![doc = include_str!("guide/rejected.md")]
    #[allow(unused_imports)]
    use super::names::*;
}
