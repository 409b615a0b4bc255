//! E0080: its length is a byte.
use forebay::Token;

#[cfg(not(fails))]
pub static ANY: Token<255> = Token::new();

#[cfg(fails)]
pub static ANY: Token<256> = Token::new();

fn main() {}
