//! Tokens, responses and errors: what fits, how it is cut, how it shows.

use forebay::error::{Cancelled, Full, PopError, PushError};
use forebay::{End, Lease, RecvError, Reset, Response, SendError, StreamPool, Token};
use std::fmt::Write;

#[test]
fn smoke() {
    let mut token: Token = "Hel".parse().unwrap();
    token.push_str("lo").unwrap();
    token.set_finished(true);
    assert_eq!((&*token, token.is_finished(), token.len()), ("Hello", true, 5));
    let mut response: Response<8> = Response::new();
    response.push(&token).unwrap();
    response.set_end(End::Finished);
    assert_eq!(response, "Hello");
    assert_eq!(response.end(), Some(End::Finished));
}

#[test]
fn capacity() {
    fn holds<const CAP: usize>() {
        assert_eq!(size_of::<Token<CAP>>(), CAP + 2);
        let full = "x".repeat(CAP);
        let mut token: Token<CAP> = full.as_str().try_into().unwrap();
        assert_eq!(token, full.as_str());
        let error = token.push_str("y").unwrap_err();
        assert_eq!((error.len(), error.room()), (1, 0));
        assert_eq!(token, full.as_str(), "nothing of it was taken");
        let error = Token::<CAP>::try_from(format!("{full}y").as_str()).unwrap_err();
        assert_eq!((error.len(), error.room()), (CAP + 1, CAP));
        let mut response: Response<CAP> = full.parse().unwrap();
        assert_eq!(response.push_str("y"), token.push_str("y"));
        assert_eq!(response, full.as_str());
        token.reset();
        assert_eq!(token, "");
        token.push_str(&full).unwrap();
    }
    holds::<4>();
    holds::<5>();
    holds::<30>();
    holds::<254>();
    holds::<255>();
}

#[test]
fn split_from_cuts_at_characters() {
    fn cuts<const CAP: usize>(text: &str) {
        let (mut rest, mut whole) = (text, String::new());
        while let Some((token, behind)) = Token::<CAP>::split_from(rest) {
            assert!(!token.is_empty() && !token.is_finished());
            let next = behind.chars().next().map_or(CAP, char::len_utf8);
            assert!(token.len() + next > CAP || behind.is_empty(), "as much as fits");
            whole.push_str(&token);
            rest = behind;
        }
        assert_eq!((whole.as_str(), rest), (text, ""));
    }
    for text in ["", "a", "aé€𝄞", "𝄞𝄞𝄞", "€€€€€€€€€€€€", "no more than thirty characters…"]
    {
        cuts::<4>(text);
        cuts::<5>(text);
        cuts::<6>(text);
        cuts::<7>(text);
        cuts::<30>(text);
        cuts::<255>(text);
    }
    assert!(Token::<4>::split_from("").is_none());
}

#[test]
fn text_of_no_length_sends_no_token() {
    let streams: StreamPool<Token, 1> = StreamPool::new();
    let (mut sender, receiver) = streams.try_open().unwrap();
    sender.try_send_text("").unwrap();
    assert!(receiver.is_empty());
    drop(receiver);
    assert_eq!(sender.try_send_text(""), Ok(()), "nothing was refused");
}

#[test]
fn tokens_compare_and_hash_with_their_mark() {
    let (a, mut b): (Token, Token) = ("a".try_into().unwrap(), "a".try_into().unwrap());
    assert_eq!(a, b);
    b.set_finished(true);
    assert!(a != b && a < b);
    b.set_finished(false);
    assert_eq!(a, b);
    assert!(a < "b".parse().unwrap());
    let set: std::collections::HashSet<Token> = [a.clone(), b, a].into();
    assert_eq!(set.len(), 1);
    assert_eq!(Token::<30>::default(), Token::new());
    assert_eq!(Response::<9>::default(), Response::new());
}

#[test]
fn text_types_show_as_text() {
    let mut token: Token<9> = Token::new();
    write!(token, "{}+{}", 1, 2).unwrap();
    assert_eq!(format!("{token:>5}|{token:<5}|"), "  1+2|1+2  |");
    assert_eq!(format!("{token:?}"), "Token { text: \"1+2\", finished: false }");
    assert!(write!(token, "1234567").is_err());
    assert_eq!(token.as_ref(), "1+2");
    let mut response: Response<9> = "1+2".try_into().unwrap();
    response.set_end(End::Failed(3));
    assert_eq!(format!("{response:>5}"), "  1+2");
    assert_eq!(format!("{response:?}"), "Response { text: \"1+2\", end: Some(Failed(3)) }");
    assert!(write!(response, "1234567").is_err());
    response.reset();
    assert_eq!((response.as_str(), response.end()), ("", None));
}

#[test]
fn errors_say_why_and_give_the_value_back() {
    struct Opaque(u8);
    fn check<E: std::error::Error>(error: &E, short: &str, text: &str) {
        assert_eq!((format!("{error:?}"), error.to_string()), (short.into(), text.into()));
    }
    check(&Full(Opaque(1)), "Full(..)", "full: every place is taken");
    check(&Cancelled(Opaque(1)), "Cancelled(..)", "receiver left the stream");
    check(&PushError::Full(Opaque(1)), "Full(..)", "ring full");
    check(&PushError::Closed(Opaque(1)), "Closed(..)", "ring closed by its consumer");
    check(&SendError::Full(Opaque(1)), "Full(..)", "stream full");
    check(&SendError::Cancelled(Opaque(1)), "Cancelled(..)", "receiver left the stream");
    check(&PopError::Empty, "Empty", "ring empty");
    check(&PopError::Closed, "Closed", "ring closed by its producer");
    check(&End::Finished, "Finished", "finished");
    check(&End::Failed(7), "Failed(7)", "failed with code 7");
    let aborted = "aborted: the sender was dropped before it finished";
    check(&End::Aborted, "Aborted", aborted);
    check(&RecvError::Empty, "Empty", "stream empty");
    check(&RecvError::Ended(End::Failed(7)), "Ended(Failed(7))", "stream failed with code 7");
    let too_long = Token::<4>::try_from("12345").unwrap_err();
    assert_eq!(too_long.to_string(), "text of 5 bytes does not fit into 4 bytes");

    assert_eq!(Full(Opaque(1)).into_inner().0, 1);
    assert_eq!(Cancelled(Opaque(2)).into_inner().0, 2);
    assert_eq!(PushError::Full(Opaque(3)).into_inner().0, 3);
    assert_eq!(PushError::Closed(Opaque(4)).into_inner().0, 4);
    assert_eq!(SendError::Full(Opaque(5)).into_inner().0, 5);
    assert_eq!(SendError::Cancelled(Opaque(6)).into_inner().0, 6);
}

#[test]
fn text_error_says_how_much_was_sent() {
    let streams: StreamPool<Token<4>, 1, 2> = StreamPool::new();
    let (mut sender, receiver) = streams.try_open().unwrap();
    let full = sender.try_send_text("123456789").unwrap_err();
    assert_eq!((full.sent(), full.is_cancelled()), (8, false));
    assert_eq!(full.to_string(), "stream full after 8 bytes of the text");
    drop(receiver);
    let left = sender.try_send_text("9").unwrap_err();
    assert_eq!((left.sent(), left.is_cancelled()), (0, true));
    assert_eq!(left.to_string(), "receiver left the stream after 0 bytes of the text");
}

#[test]
fn responses_are_pooled() {
    static RESPONSES: forebay::Pool<Response<64>, 1> = forebay::Pool::new();
    let mut response = RESPONSES.try_get().unwrap();
    write!(response, "forty-{}", 4 / 2).unwrap();
    response.set_end(End::Aborted);
    Lease::put(response);
    let again = RESPONSES.try_get().unwrap();
    assert_eq!((again.as_str(), again.end()), ("", None));
}

#[cfg(feature = "serde")]
mod with_serde {
    use super::*;
    use forebay::Metrics;
    use serde_json::{from_str, to_string};

    #[test]
    fn token_round_trip() {
        for text in ["", "a\"\\\n", "aé€𝄞"] {
            for finished in [false, true] {
                let mut token: Token = text.parse().unwrap();
                token.set_finished(finished);
                assert_eq!(from_str::<Token>(&to_string(&token).unwrap()).unwrap(), token);
            }
        }
        let token: Token = "a".parse().unwrap();
        assert_eq!(to_string(&token).unwrap(), r#"{"text":"a","finished":false}"#);
    }

    #[test]
    fn response_round_trip() {
        for end in [None, Some(End::Finished), Some(End::Failed(u16::MAX)), Some(End::Aborted)] {
            let mut response: Response<32> = "text".parse().unwrap();
            if let Some(end) = end {
                response.set_end(end);
            }
            let again: Response<32> = from_str(&to_string(&response).unwrap()).unwrap();
            assert_eq!(again, response);
        }
    }

    #[test]
    fn text_that_does_not_fit_is_refused() {
        let error = from_str::<Token<4>>(r#"{"text":"12345","finished":true}"#).unwrap_err();
        assert!(error.to_string().starts_with("text of 5 bytes does not fit into 4 bytes"));
        let error = from_str::<Response<4>>(r#"{"text":"12345","end":null}"#).unwrap_err();
        assert!(error.to_string().starts_with("text of 5 bytes does not fit into 4 bytes"));
        let error = from_str::<Token<4>>(r#"{"text":5,"finished":true}"#).unwrap_err();
        assert!(error.to_string().contains("expected a text that fits"), "{error}");
    }

    #[test]
    fn metrics_round_trip() {
        let pool: forebay::Pool<u8, 3> = forebay::Pool::new();
        let _two = pool.try_get_many::<2>().unwrap();
        assert!(pool.try_get_many::<2>().is_err());
        let text = to_string(&pool.metrics()).unwrap();
        assert_eq!(from_str::<Metrics>(&text).unwrap(), pool.metrics());
        assert!(text.contains(r#""gets":2"#), "{text}");
    }
}
