//! What `\p{…}` names: general categories and a few properties that `core` knows.
//!
//! The tables are large (some 40 KiB), so all but `Any` and `ASCII` comes with the feature `unicode`.

use super::inst::{Inst, Named};

/// Says that [`named`] found nothing.
pub(crate) const UNSUPPORTED: &str = if cfg!(feature = "unicode") {
    "this property is not supported"
} else {
    "this property is not supported without the feature `unicode`"
};

/// What takes the chars that have the property, or those that have not.
pub(crate) const fn named(name: &[u8], negated: bool) -> Option<Inst> {
    let class = match name {
        b"Any" => Named::Any,
        b"ASCII" => Named::Ascii,
        #[cfg(feature = "unicode")]
        b"Alphabetic" | b"Alpha" => Named::Alphabetic,
        #[cfg(feature = "unicode")]
        b"Lowercase" | b"Lower" => Named::Lowercase,
        #[cfg(feature = "unicode")]
        b"Uppercase" | b"Upper" => Named::Uppercase,
        #[cfg(feature = "unicode")]
        b"White_Space" | b"space" => Named::WhiteSpace,
        #[cfg(feature = "unicode")]
        _ => return categories::named(name, negated),
        #[cfg(not(feature = "unicode"))]
        _ => return None,
    };
    Some(Inst::Named { class, negated })
}

#[cfg(feature = "unicode")]
mod categories {
    use super::Inst;
    use unicode_properties::GeneralCategory::{self, *};

    /// What takes the chars of a general category. Each char has one, so the others are the rest of the bits.
    pub(crate) const fn named(name: &[u8], negated: bool) -> Option<Inst> {
        let value = match name {
            [b'g', b'c', b'=', value @ ..] => value,
            _ => match name.split_at_checked(b"General_Category=".len()) {
                Some((b"General_Category=", value)) => value,
                _ => name,
            },
        };
        let is_whole = value.len() == name.len();
        let bits = match value {
            b"Assigned" if is_whole => !of(&[Unassigned]),
            _ => match bits(value) {
                Some(bits) => bits,
                None => return None,
            },
        };
        Some(Inst::Categories(if negated { !bits } else { bits }))
    }

    const fn of(categories: &[GeneralCategory]) -> u32 {
        let (mut bits, mut i) = (0, 0);
        while i < categories.len() {
            bits |= 1 << categories[i] as u32;
            i += 1;
        }
        bits
    }

    const CASED: u32 = of(&[UppercaseLetter, LowercaseLetter, TitlecaseLetter]);
    const LETTER: u32 = CASED | of(&[ModifierLetter, OtherLetter]);
    const MARK: u32 = of(&[NonspacingMark, SpacingMark, EnclosingMark]);
    const NUMBER: u32 = of(&[DecimalNumber, LetterNumber, OtherNumber]);
    const SYMBOL: u32 = of(&[MathSymbol, CurrencySymbol, ModifierSymbol, OtherSymbol]);
    const SEPARATOR: u32 = of(&[SpaceSeparator, LineSeparator, ParagraphSeparator]);
    const OTHER: u32 = of(&[Control, Format, Surrogate, PrivateUse, Unassigned]);
    const PUNCTUATION: u32 = of(&[
        ConnectorPunctuation,
        DashPunctuation,
        OpenPunctuation,
        ClosePunctuation,
        InitialPunctuation,
        FinalPunctuation,
        OtherPunctuation,
    ]);

    /// By all names that ECMA-262 takes from Unicode's PropertyValueAliases.
    const fn bits(name: &[u8]) -> Option<u32> {
        Some(match name {
            b"L" | b"Letter" => LETTER,
            b"LC" | b"Cased_Letter" => CASED,
            b"Lu" | b"Uppercase_Letter" => of(&[UppercaseLetter]),
            b"Ll" | b"Lowercase_Letter" => of(&[LowercaseLetter]),
            b"Lt" | b"Titlecase_Letter" => of(&[TitlecaseLetter]),
            b"Lm" | b"Modifier_Letter" => of(&[ModifierLetter]),
            b"Lo" | b"Other_Letter" => of(&[OtherLetter]),
            b"M" | b"Mark" | b"Combining_Mark" => MARK,
            b"Mn" | b"Nonspacing_Mark" => of(&[NonspacingMark]),
            b"Mc" | b"Spacing_Mark" => of(&[SpacingMark]),
            b"Me" | b"Enclosing_Mark" => of(&[EnclosingMark]),
            b"N" | b"Number" => NUMBER,
            b"Nd" | b"Decimal_Number" | b"digit" => of(&[DecimalNumber]),
            b"Nl" | b"Letter_Number" => of(&[LetterNumber]),
            b"No" | b"Other_Number" => of(&[OtherNumber]),
            b"P" | b"Punctuation" | b"punct" => PUNCTUATION,
            b"Pc" | b"Connector_Punctuation" => of(&[ConnectorPunctuation]),
            b"Pd" | b"Dash_Punctuation" => of(&[DashPunctuation]),
            b"Ps" | b"Open_Punctuation" => of(&[OpenPunctuation]),
            b"Pe" | b"Close_Punctuation" => of(&[ClosePunctuation]),
            b"Pi" | b"Initial_Punctuation" => of(&[InitialPunctuation]),
            b"Pf" | b"Final_Punctuation" => of(&[FinalPunctuation]),
            b"Po" | b"Other_Punctuation" => of(&[OtherPunctuation]),
            b"S" | b"Symbol" => SYMBOL,
            b"Sm" | b"Math_Symbol" => of(&[MathSymbol]),
            b"Sc" | b"Currency_Symbol" => of(&[CurrencySymbol]),
            b"Sk" | b"Modifier_Symbol" => of(&[ModifierSymbol]),
            b"So" | b"Other_Symbol" => of(&[OtherSymbol]),
            b"Z" | b"Separator" => SEPARATOR,
            b"Zs" | b"Space_Separator" => of(&[SpaceSeparator]),
            b"Zl" | b"Line_Separator" => of(&[LineSeparator]),
            b"Zp" | b"Paragraph_Separator" => of(&[ParagraphSeparator]),
            b"C" | b"Other" => OTHER,
            b"Cc" | b"Control" | b"cntrl" => of(&[Control]),
            b"Cf" | b"Format" => of(&[Format]),
            b"Cs" | b"Surrogate" => of(&[Surrogate]),
            b"Co" | b"Private_Use" => of(&[PrivateUse]),
            b"Cn" | b"Unassigned" => of(&[Unassigned]),
            _ => return None,
        })
    }
}
