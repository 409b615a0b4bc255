use super::format::Format;
use super::schema::Types;
use super::value::Value;
#[derive(Debug)]
pub(super) struct Coerced;
impl Coerced {
    pub(super) fn value(&self) -> Value<'_> {
        Value::new("0")
    }
}
pub(super) fn may(_from: Types, _to: Types) -> bool {
    false
}
pub(super) fn coerce(_value: Value<'_>, _to: Types, _format: Option<Format>) -> Option<Coerced> {
    None
}
