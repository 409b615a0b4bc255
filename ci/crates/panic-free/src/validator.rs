//! Texts held against schemas that are not known here, whole and while they stream.
use forebay::validate::{
    Coercion, Engine, Input, Options, Position, Rejected, Report, Rules, Schema, StreamValidator,
    Text, ValidateError, Validator, Violation,
};
use forebay::{Lease, Metrics, Pool, Receiver, StreamPool, Token};

type V = Validator<2, 4, 16, 64>;
type S = StreamValidator<'static, 512, 16, 64>;
type R = Report<4>;
type E = Engine<16, 64>;

export! { "op_"
    fn validator_metrics(validator: &V) -> Metrics { validator.metrics() }
    fn validator_available(validator: &V) -> usize { validator.available() }
    fn report_drop(report: Lease<&'static Pool<R, 2>>) { drop(report) }
    fn report_clear(report: &mut R) { report.clear() }
    fn report_is_valid(report: &R) -> bool { report.is_valid() }
    fn report_violations(report: &'static R) -> &'static [Violation] { report.violations() }
    fn report_missed(report: &R) -> usize { report.missed() }
    fn report_coercions(report: &'static R) -> &'static [Coercion] { report.coercions() }
    fn report_coercions_missed(report: &R) -> usize { report.coercions_missed() }
    fn violation_path(violation: &'static Violation) -> &'static str { violation.path() }
    fn violation_message(violation: &'static Violation) -> &'static str { violation.message() }
    fn violation_keyword(violation: &'static Violation) -> &'static str { violation.keyword() }
    fn violation_at(violation: &Violation) -> usize { violation.at() }
    fn violation_schema_path(violation: &'static Violation) -> &'static str { violation.schema_path() }
    fn violation_position(violation: &Violation, text: &str) -> usize { violation.position(text).line }
    fn validate_error_position(error: ValidateError, text: &str) -> Option<Position> { error.position(text) }
    fn position_of(text: &str, at: usize) -> Position { Position::of(text, at) }
    fn coercion_path(coercion: &'static Coercion) -> &'static str { coercion.path() }
    fn text_deref(text: &'static Text<64>) -> &'static str { text }
    fn text_is_cut(text: &Text<64>) -> bool { text.is_cut() }
    fn coercion_value(coercion: &'static Coercion) -> bool { coercion.value().is_cut() }
    fn engine_clear(engine: &mut E) { engine.clear() }
    fn input_new(rules: Rules<'static>, options: &'static Options, text: &'static str) -> bool {
        Input::new(rules, options, text).is_ok()
    }
    fn stream_validator_clear(validator: &mut S) { validator.clear() }
    fn stream_validator_text(validator: &'static S) -> &'static str { validator.text() }
    fn stream_validator_violation(validator: &'static S) -> Option<&'static Violation> { validator.violation() }
}

// They index into what they keep, and `core` does where it reads addresses and looks for substrings (the formats):
// the compiler cannot know that no index is out of bounds. Tests and fuzzing look for one that is.
export! { "known_validator_"
    fn stream_validator_push(validator: &mut S, piece: &str) -> Result<(), Rejected> { validator.push(piece) }
    fn stream_validator_push_bytes(validator: &mut S, piece: &[u8]) -> bool { validator.push_bytes(piece).is_ok() }
    fn stream_validator_finish(validator: &'static mut S) -> Result<&'static str, Rejected> { validator.finish() }
    fn stream_validator_receive(validator: &mut S, half: &mut Receiver<&'static StreamPool<Token, 4>>) -> bool {
        validator.receive(half).is_ok()
    }
    fn engine_validate(
        engine: &mut E,
        schema: &'static Schema<16>,
        options: &Options,
        text: &str,
        report: &mut R
    ) -> Result<(), ValidateError> { engine.validate(schema, options, text, report) }
    fn engine_fits_plainly(input: Input<'static>) -> bool { E::fits_plainly(input) }
    fn engine_run(engine: &mut E, input: Input<'static>, report: &mut R) -> Result<(), ValidateError> {
        engine.run(input, report)
    }
    fn validator_validate(
        validator: &'static V,
        schema: &'static Schema<16>,
        text: &str
    ) -> Result<Lease<&'static Pool<R, 2>>, ValidateError> { validator.validate(schema, text) }
}
