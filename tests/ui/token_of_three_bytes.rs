//! E0080: the longest character has four.
use forebay::Token;

#[cfg(not(fails))]
pub static ANY: Token<4> = Token::new();

#[cfg(fails)]
pub static ANY: Token<3> = Token::new();

fn main() {}
