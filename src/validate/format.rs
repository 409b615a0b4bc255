#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format { Date }
impl Format { pub const fn from_name(_name: &str) -> Option<Self> { Some(Self::Date) } }
