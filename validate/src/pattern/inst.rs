//! The instructions that patterns are compiled to: states of an automaton, and classes of chars.

#[cfg(feature = "unicode")]
use unicode_properties::UnicodeGeneralCategory;

/// One instruction: a state of the automaton. Where it leads is counted from itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inst {
    /// One char from `lo` to `hi`.
    Range { lo: char, hi: char },
    /// One char of `class`, or one outside.
    Named { class: Named, negated: bool },
    /// One char whose general category has its bit in here.
    #[cfg(feature = "unicode")]
    Categories(u32),
    /// One char that one of the next `items` instructions takes, or one that none of them takes. They are no states.
    Set { items: u16, negated: bool },
    /// One char that the `Set` that far before takes. Nothing else but `Split` and `Again` lies between.
    Again(i16),
    /// Goes on with the next instruction, and with that one.
    Split(i16),
    /// Goes on with that one.
    Jump(i16),
    /// Goes on at the start of the text.
    Start,
    /// Goes on at its end.
    End,
    /// In front of all: chars count as the same in capitals or not.
    Fold,
    /// In front of the pattern proper: the next `len` instructions are a look-ahead at the start of the text.
    Ahead { len: u16, negated: bool },
    /// A look-ahead fits, or if it is negated, the whole pattern does not. Stays.
    Seen { negated: bool },
    /// Goes on between `\w` and `\W`, or elsewhere.
    Boundary { negated: bool },
    /// The pattern is found. Also what room for instructions is filled with.
    Match,
}

impl Inst {
    /// Takes no char at all.
    pub(super) const NEVER: Self = Self::Named { class: Named::Any, negated: true };

    /// Whether this instruction by itself takes `c`.
    pub(super) fn takes(self, c: char) -> bool {
        match self {
            Self::Range { lo, hi } => (lo..=hi).contains(&c),
            Self::Named { class, negated } => class.has(c) != negated,
            #[cfg(feature = "unicode")]
            Self::Categories(bits) => bits >> c.general_category() as u32 & 1 != 0,
            _ => false,
        }
    }
}

/// Classes of chars that would take many ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// All chars.
    Any,
    /// `\n`, `\r`, U+2028 and U+2029: what `.` leaves out.
    LineEnd,
    /// `\d`
    Digit,
    /// `\w`
    Word,
    /// `\s`
    Space,
    /// Properties, and not general categories.
    Ascii,
    #[cfg(feature = "unicode")]
    Alphabetic,
    #[cfg(feature = "unicode")]
    Lowercase,
    #[cfg(feature = "unicode")]
    Uppercase,
    #[cfg(feature = "unicode")]
    WhiteSpace,
}

impl Named {
    pub(super) fn has(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::LineEnd => matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}'),
            Self::Digit => c.is_ascii_digit(),
            Self::Word => is_word(c),
            // White_Space has one that ECMA-262 leaves out, and lacks one that it has.
            Self::Space => c == '\u{FEFF}' || c.is_whitespace() && c != '\u{85}',
            Self::Ascii => c.is_ascii(),
            #[cfg(feature = "unicode")]
            Self::Alphabetic => c.is_alphabetic(),
            #[cfg(feature = "unicode")]
            Self::Lowercase => c.is_lowercase(),
            #[cfg(feature = "unicode")]
            Self::Uppercase => c.is_uppercase(),
            #[cfg(feature = "unicode")]
            Self::WhiteSpace => c.is_whitespace(),
        }
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
