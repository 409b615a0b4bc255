//! The validator of whole texts with its pools, and streams as sources of texts. What else there is to validation is tested where
//! it is: in `forebay-validate`.
#![cfg(all(feature = "std", feature = "validate"))]

use forebay::validate::{Options, Rejected, SchemaBuf, StreamValidator, Validator};
use forebay::{End, SendError, StreamPool, Token};

fn schema(json: &str) -> SchemaBuf {
    SchemaBuf::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn what_does_not_fit_into_a_report_is_counted() {
    static FEW: Validator<1, 2> = Validator::new();
    let schema = schema(r#"{"items": {"type": "string"}}"#);
    let report = FEW.validate(&schema, "[1, 2, \"\", 3, 4, 5]").unwrap();
    assert_eq!((report.violations().len(), report.missed()), (2, 3));
    assert!(report.to_string().ends_with("and 3 more"));

    static FIRST: Validator<1> = Validator::new().with(Options::new().stop_at_first(true));
    let report = FIRST.validate(&schema, "[1, 2, not JSON").unwrap();
    assert_eq!((report.violations().len(), report.missed(), report.is_valid()), (1, 0, false));
    drop(report);
    // Nor is what else is wrong at the same byte, be it told or counted.
    let twice = self::schema(r#"{"allOf": [false, {"type": "string"}, {"minimum": 5}]}"#);
    static ALL: Validator<1> = Validator::new();
    static SMALL: Validator<1, 1> = Validator::new().with(Options::new().stop_at_first(true));
    assert_eq!(ALL.validate(&twice, "1").unwrap().violations().len(), 3);
    assert_eq!(FIRST.validate(&twice, "1").unwrap().violations().len(), 1);
    assert_eq!(SMALL.validate(&twice, "1").unwrap().missed(), 0);
}

#[test]
fn reports_are_lent_and_come_back_empty() {
    static TWO: Validator<2> = Validator::new();
    let schema = schema("false");
    let held = [TWO.validate(&schema, "1").unwrap(), TWO.validate(&schema, "2").unwrap()];
    let exhausted = TWO.validate(&schema, "3").unwrap_err();
    assert_eq!(exhausted.to_string(), "no report: pool of 2 exhausted");
    drop(held);
    assert_eq!(TWO.available(), 2);
    let all = self::schema("true");
    let report = TWO.validate(&all, "3").unwrap();
    assert_eq!((report.is_valid(), report.violations().len(), report.missed()), (true, 0, 0));
    // An error gives the report back as well.
    assert!(TWO.validate(&all, "[").is_err());
    assert_eq!(TWO.available(), 1);
    assert_eq!(TWO.metrics().misses, 2);
}

#[test]
fn the_sender_learns_at_once() {
    static STREAMS: StreamPool<Token, 2> = StreamPool::new();
    let schema = schema(
        r#"{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}"#,
    );
    let mut validator = StreamValidator::<256>::new(&schema);

    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    sender.try_send_text("{\"n\"").unwrap();
    sender.try_send_text(": 1").unwrap();
    assert_eq!(validator.receive(&mut receiver), Ok(None));
    sender.try_send_text("}").unwrap();
    sender.close();
    assert_eq!(validator.receive(&mut receiver), Ok(Some(End::Finished)));
    assert_eq!(validator.finish(), Ok("{\"n\": 1}"));
    drop(receiver);

    validator.clear();
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    sender.try_send_text("{\"n\": \"").unwrap();
    let rejected = validator.receive(&mut receiver).unwrap_err();
    assert_eq!(rejected.to_string(), "byte 6: does not fit `type`");
    assert_eq!(validator.violation().unwrap().to_string(), "/n: must be an integer");
    assert!(matches!(sender.try_send(Token::default()), Err(SendError::Cancelled(_))));
    drop((sender, receiver));

    // A sender that goes away leaves a text that is cut off.
    validator.clear();
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    sender.try_send_text("{\"n\": 1").unwrap();
    drop(sender);
    assert_eq!(validator.receive(&mut receiver), Ok(Some(End::Aborted)));
    assert!(matches!(validator.finish(), Err(Rejected::Error(_))));
    drop(receiver);
    assert_eq!(STREAMS.available(), 2);
}
