// Pages only: `docs/guide`, where their links lead to the items of this crate.
#![doc = include_str!("../docs/guide/guide.md")]

#[allow(unused_imports)]
use super::*;

#[doc = include_str!("../docs/guide/practices.md")]
pub mod practices {
    #[allow(unused_imports)]
    use super::super::*;
}

#[doc = include_str!("../docs/guide/pitfalls.md")]
pub mod pitfalls {
    #[allow(unused_imports)]
    use super::super::*;
}

#[doc = include_str!("../docs/guide/when_to_pool.md")]
pub mod when_to_pool {
    #[allow(unused_imports)]
    use super::super::*;
}

#[doc = include_str!("../docs/guide/sizing.md")]
pub mod sizing {
    #[allow(unused_imports)]
    use super::super::*;
}

#[doc = include_str!("../docs/guide/migration.md")]
pub mod migration {
    #[allow(unused_imports)]
    use super::super::*;
}
