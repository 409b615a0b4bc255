//! Regular expressions in bounded space and time: the syntax of ECMA-262, searched for anywhere in a text that arrives
//! char by char.
//!
//! A pattern is compiled to a few instructions, also in a `const`. They are a Thompson automaton: each is a state, and
//! one bit says whether it is live. A char costs a walk over the live ones, whatever the pattern: no backtracking,
//! no recursion, no captures. Between two chars nothing is kept but the words that the caller lends.
//!
//! # Two sweeps
//! Before a char is looked at, the live states are closed: whoever a live `Split` leads to is live too, and so on. Instructions
//! lead forward except the `Split` at the end of a repeat, which also leads to the repeat's first instruction. A repeat
//! is entered by its first instruction only and left by its last one only. So a path without circles takes one step
//! back at most: after a step back of repeat R, one of a repeat inside R would lead to where the path came in,
//! and any other has to pass the end of R again. Two ascending sweeps over the bits then find all, and no worklist is needed.
//! Source: Myers, A Four Russians Algorithm for Regular Expression Pattern Matching, 1992.
//!
//! # Look-aheads
//! Those in front of a pattern that starts with the text are programs of their own, all of which start with the text and are
//! followed at once. The text matches if all of them do, but the negated ones.
//!
//! # One char ahead
//! `$`, `\b` and `\B` depend on what follows. They stay live as they are until the next char, or the end, is known;
//! then the closure goes on behind them. A match that needs no look ahead is seen at once.

mod compile;
mod inst;
mod properties;
mod quick;
mod search;

pub(crate) use compile::{MAX_INSTS, RegexError, compile};
pub(crate) use inst::Inst;
pub(crate) use search::{FREE, finish, is_dead, is_match, is_match_so_far, start, step, words};
