//! E0080: the longest character has four.
use forebay::Token;

fn main() {
    #[cfg(not(fails))]
    let token = Token::<4>::default();
    #[cfg(fails)]
    let token = Token::<3>::default();
    drop(token);
}
