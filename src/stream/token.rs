//! The payloads of a token stream: bounded text, in place.

use crate::error::{End, TooLong};
use crate::reset::Reset;
use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

/// A piece of text of up to `CAP` bytes, with a mark for the last one.
///
/// # Shape
/// `CAP` from 4 (the longest character) to 255 bytes, checked at compile time. The size is `CAP + 2` bytes, so
/// the default fits 32; of the text deltas that model APIs send, nearly all are under 16 bytes.
///
/// # Context and cost
/// Plain memory: every method may be called anywhere; appending copies the text, all else is O(1).
///
/// The mark is a `u8` inside, not a `bool`: a niche in a 32-byte token makes compilers copy it as 31 + 1
/// bytes, which costs 14 to 35 ns a token in every ring measured.
///
/// # Examples
/// ```
/// use forebay::Token;
///
/// let token: Token = "Hello".try_into()?;
/// assert_eq!(token, "Hello");
/// assert_eq!(token.len(), 5); // all of `str` is there
/// assert_eq!(size_of::<Token>(), 32);
/// # Ok::<(), forebay::error::TooLong>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token<const CAP: usize = 30> {
    text: heapless::String<CAP, u8>,
    finished: u8,
}

impl<const CAP: usize> Token<CAP> {
    /// No text, not the last.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(CAP >= 4 && CAP <= 255, "a token holds from 4 to 255 bytes") };
        Self { text: heapless::String::new(), finished: 0 }
    }

    /// As much of `text` as one token holds, up to a character boundary, and what is left. `None` for no
    /// text.
    ///
    /// # Context
    /// Anywhere; no shared memory.
    ///
    /// # Cost
    /// One copy of the text, and up to three steps back to a boundary.
    ///
    /// # Examples
    /// ```
    /// use forebay::Token;
    ///
    /// let (token, rest) = Token::<4>::split_from("naïve").unwrap();
    /// assert_eq!((token.as_str(), rest), ("naï", "ve"));
    /// ```
    #[must_use]
    pub fn split_from(text: &str) -> Option<(Self, &str)> {
        let (head, rest) = text.split_at_checked(floor_char_boundary(text, CAP))?;
        if head.is_empty() {
            return None;
        }
        let mut token = Self::new();
        // It fits: `head` has at most `CAP` bytes.
        let _ = token.text.push_str(head);
        Some((token, rest))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends `text`, or nothing of it.
    ///
    /// # Errors
    /// [`TooLong`] if it does not fit; the token is as it was.
    pub fn push_str(&mut self, text: &str) -> Result<(), TooLong> {
        let room = CAP - self.text.len();
        self.text.push_str(text).map_err(|_| TooLong { len: text.len(), room })
    }

    /// Whether this is the last token of its answer, as [`set_finished`](Self::set_finished) said.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished != 0
    }

    /// Marks this token as the last of its answer, or not.
    pub fn set_finished(&mut self, finished: bool) {
        self.finished = finished.into();
    }
}

/// The last character boundary of `text` that is not behind byte `at`.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The text of an answer, up to `CAP` bytes, and how it ended.
///
/// # Context and cost
/// As [`Token`].
///
/// # Examples
/// ```
/// use forebay::{End, Pool, RecvError, Response, StreamPool, Token};
///
/// static RESPONSES: Pool<Response<1024>, 4> = Pool::new();
/// static STREAMS: StreamPool<Token, 4> = StreamPool::new();
///
/// let (mut sender, mut receiver) = STREAMS.try_open()?;
/// sender.try_send_text("forty-").unwrap();
/// sender.try_send_text("two").unwrap();
/// sender.close();
///
/// let mut response = RESPONSES.try_get()?;
/// let end = loop {
///     match receiver.try_recv() {
///         Ok(token) => response.push(&token).unwrap(),
///         Err(RecvError::Empty) => core::hint::spin_loop(), // or do something else
///         Err(RecvError::Ended(end)) => break end,
///     }
/// };
/// response.set_end(end);
/// assert_eq!(response.as_str(), "forty-two");
/// assert_eq!(response.end(), Some(End::Finished));
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Response<const CAP: usize> {
    text: heapless::String<CAP>,
    end: Option<End>,
}

impl<const CAP: usize> Response<CAP> {
    /// No text, no end.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: heapless::String::new(), end: None }
    }

    /// Appends the text of `token`, or nothing of it.
    ///
    /// # Errors
    /// [`TooLong`] if it does not fit; the response is as it was.
    pub fn push<const TOKEN: usize>(&mut self, token: &Token<TOKEN>) -> Result<(), TooLong> {
        self.push_str(token.as_str())
    }

    /// Appends `text`, or nothing of it.
    ///
    /// # Errors
    /// [`TooLong`] if it does not fit; the response is as it was.
    pub fn push_str(&mut self, text: &str) -> Result<(), TooLong> {
        let room = CAP - self.text.len();
        self.text.push_str(text).map_err(|_| TooLong { len: text.len(), room })
    }

    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How the answer ended; `None` until [`set_end`](Self::set_end) said so.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// Notes how the answer ended.
    pub fn set_end(&mut self, end: End) {
        self.end = Some(end);
    }
}

impl<const CAP: usize> Reset for Token<CAP> {
    fn reset(&mut self) {
        self.text.clear();
        self.finished = 0;
    }
}

impl<const CAP: usize> Reset for Response<CAP> {
    fn reset(&mut self) {
        self.text.clear();
        self.end = None;
    }
}

#[cfg(feature = "zeroize")]
impl<const CAP: usize> zeroize::Zeroize for Token<CAP> {
    fn zeroize(&mut self) {
        self.text.zeroize();
        self.finished.zeroize();
    }
}

#[cfg(feature = "zeroize")]
impl<const CAP: usize> zeroize::Zeroize for Response<CAP> {
    fn zeroize(&mut self) {
        self.text.zeroize();
        self.end = None;
    }
}

/// What the text types share: they are made from text, read as text, and shown as text.
macro_rules! like_text {
    ($([$($g:tt)*] $t:ty),+) => {$(
        impl<$($g)*> Default for $t {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<$($g)*> TryFrom<&str> for $t {
            type Error = TooLong;

            fn try_from(text: &str) -> Result<Self, TooLong> {
                let mut this = Self::new();
                this.push_str(text)?;
                Ok(this)
            }
        }

        impl<$($g)*> FromStr for $t {
            type Err = TooLong;

            fn from_str(text: &str) -> Result<Self, TooLong> {
                text.try_into()
            }
        }

        impl<$($g)*> Deref for $t {
            type Target = str;

            fn deref(&self) -> &str {
                self.as_str()
            }
        }

        impl<$($g)*> AsRef<str> for $t {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl<$($g)*> PartialEq<str> for $t {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl<$($g)*> PartialEq<&str> for $t {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl<$($g)*> fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.as_str().fmt(f)
            }
        }

        impl<$($g)*> fmt::Write for $t {
            fn write_str(&mut self, s: &str) -> fmt::Result {
                self.push_str(s).map_err(|_| fmt::Error)
            }
        }
    )+};
}

like_text!([const CAP: usize] Token<CAP>, [const CAP: usize] Response<CAP>);

impl<const CAP: usize> fmt::Debug for Token<CAP> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("text", &self.as_str())
            .field("finished", &self.is_finished())
            .finish()
    }
}

impl<const CAP: usize> fmt::Debug for Response<CAP> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("text", &self.as_str()).field("end", &self.end).finish()
    }
}

#[cfg(feature = "defmt")]
impl<const CAP: usize> defmt::Format for Token<CAP> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Token({=str}, finished: {=bool})", self.as_str(), self.is_finished());
    }
}

#[cfg(feature = "defmt")]
impl<const CAP: usize> defmt::Format for Response<CAP> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Response({=str}, end: {})", self.as_str(), self.end);
    }
}

/// Tokens and responses travel as `{"text": …, "finished": …}` and `{"text": …, "end": …}`; a text that does
/// not fit is an error.
#[cfg(feature = "serde")]
mod with_serde {
    use super::{End, Response, Token};
    use core::fmt;
    use serde::de::{self, Deserialize, Deserializer, Visitor};
    use serde::ser::{Serialize, Serializer};

    /// Text read straight into its place, borrowed from the input or not.
    struct Text<T>(T);

    impl<'de, T: for<'a> TryFrom<&'a str, Error: fmt::Display>> Deserialize<'de> for Text<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct TextVisitor<T>(core::marker::PhantomData<T>);

            impl<T: for<'a> TryFrom<&'a str, Error: fmt::Display>> Visitor<'_> for TextVisitor<T> {
                type Value = Text<T>;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a text that fits")
                }

                fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<T>, E> {
                    text.try_into().map(Text).map_err(E::custom)
                }
            }

            deserializer.deserialize_str(TextVisitor(core::marker::PhantomData))
        }
    }

    #[derive(serde::Serialize)]
    #[serde(rename = "Token")]
    struct TokenOut<'a> {
        text: &'a str,
        finished: bool,
    }

    #[derive(serde::Deserialize)]
    #[serde(rename = "Token")]
    struct TokenIn<const CAP: usize> {
        text: Text<Token<CAP>>,
        finished: bool,
    }

    #[derive(serde::Serialize)]
    #[serde(rename = "Response")]
    struct ResponseOut<'a> {
        text: &'a str,
        end: Option<End>,
    }

    #[derive(serde::Deserialize)]
    #[serde(rename = "Response")]
    struct ResponseIn<const CAP: usize> {
        text: Text<Response<CAP>>,
        end: Option<End>,
    }

    impl<const CAP: usize> Serialize for Token<CAP> {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            TokenOut { text: self.as_str(), finished: self.is_finished() }.serialize(s)
        }
    }

    impl<'de, const CAP: usize> Deserialize<'de> for Token<CAP> {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            let TokenIn { text: Text(mut token), finished } = TokenIn::deserialize(d)?;
            token.set_finished(finished);
            Ok(token)
        }
    }

    impl<const CAP: usize> Serialize for Response<CAP> {
        fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
            ResponseOut { text: self.as_str(), end: self.end }.serialize(s)
        }
    }

    impl<'de, const CAP: usize> Deserialize<'de> for Response<CAP> {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            let ResponseIn { text: Text(mut response), end } = ResponseIn::deserialize(d)?;
            response.end = end;
            Ok(response)
        }
    }
}
