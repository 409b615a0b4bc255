// Pages only: `docs/guide`, where their links lead to the items of this crate.
#![doc = include_str!("../docs/guide/guide.md")]

#[allow(unused_imports)]
use super::*;

pub mod practices {
    #![doc = include_str!("../docs/guide/practices.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod pitfalls {
    #![doc = include_str!("../docs/guide/pitfalls.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod when_to_pool {
    #![doc = include_str!("../docs/guide/when_to_pool.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod embedded {
    #![doc = include_str!("../docs/guide/embedded.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod sizing {
    #![doc = include_str!("../docs/guide/sizing.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod migration {
    #![doc = include_str!("../docs/guide/migration.md")]
    #[allow(unused_imports)]
    use super::super::*;
}
