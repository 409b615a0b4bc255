// Pages only: `src/guide`, where their links lead to the items of this crate.
#![doc = include_str!("guide/guide.md")]

#[allow(unused_imports)]
use super::*;

pub mod practices {
    #![doc = include_str!("guide/practices.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod pitfalls {
    #![doc = include_str!("guide/pitfalls.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod when_to_pool {
    #![doc = include_str!("guide/when_to_pool.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod embedded {
    #![doc = include_str!("guide/embedded.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod sizing {
    #![doc = include_str!("guide/sizing.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod migration {
    #![doc = include_str!("guide/migration.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod design {
    #![doc = include_str!("guide/design.md")]
    #[allow(unused_imports)]
    use super::super::*;
}

pub mod rejected {
    #![doc = include_str!("guide/rejected.md")]
    #[allow(unused_imports)]
    use super::super::*;
}
