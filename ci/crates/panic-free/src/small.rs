//! What tells of objects, streams and errors.
use crate::Owned;
use forebay::error::{Cancelled, Full, NotAll, PushError, TextError, TooLong};
use forebay::pool::Loan;
use forebay::ring::PopRef;
use forebay::stream::StreamId;
use forebay::{
    End, Exhausted, Metrics, Receiver, Response, Ring, SendError, Sender, StreamPool, Token,
};

type To = Sender<&'static StreamPool<Token, 4>>;
type From = Receiver<&'static StreamPool<Token, 4>>;

export! { "op_"
    fn loan_slot(loan: &Loan) -> usize { loan.slot() }
    fn loan_age(loan: &Loan) -> u8 { loan.age() }
    fn loan_since(loan: &Loan) -> usize { loan.since() }
    fn loan_holders(loan: &Loan) -> usize { loan.holders() }
    fn loan_is_raw(loan: &Loan) -> bool { loan.is_raw() }
    fn metrics_hits(metrics: Metrics) -> u64 { metrics.hits() }
    fn metrics_hit_ratio(metrics: Metrics) -> Option<f64> { metrics.hit_ratio() }
    fn exhausted_capacity(error: Exhausted) -> usize { error.capacity() }
    fn full_into_inner(error: Full<Owned>) -> Owned { error.into_inner() }
    fn cancelled_into_inner(error: Cancelled<Owned>) -> Owned { error.into_inner() }
    fn push_error_into_inner(error: PushError<Owned>) -> Owned { error.into_inner() }
    fn send_error_into_inner(error: SendError<Owned>) -> Owned { error.into_inner() }
    fn not_all_part(error: NotAll) -> usize { error.part() }
    fn not_all_why(error: NotAll) -> Exhausted { error.why() }
    fn text_error_sent(error: TextError) -> usize { error.sent() }
    fn text_error_is_cancelled(error: TextError) -> bool { error.is_cancelled() }
    fn too_long_len(error: TooLong) -> usize { error.len() }
    fn too_long_room(error: TooLong) -> usize { error.room() }
    fn stream_pool_advance_epoch(pool: &StreamPool<Token, 4>) -> usize { pool.advance_epoch() }
    fn stream_pool_audit(pool: &StreamPool<Token, 4>) -> usize { pool.audit().count() }
    fn sender_is_cancelled(half: &To) -> bool { half.is_cancelled() }
    fn sender_len(half: &To) -> usize { half.len() }
    fn sender_is_empty(half: &To) -> bool { half.is_empty() }
    fn sender_id(half: &To) -> StreamId { half.id() }
    fn receiver_end(half: &From) -> Option<End> { half.end() }
    fn receiver_len(half: &From) -> usize { half.len() }
    fn receiver_is_empty(half: &From) -> bool { half.is_empty() }
    fn receiver_id(half: &From) -> StreamId { half.id() }
    fn receiver_drain_into(half: &mut From, out: &mut Sum) -> usize { half.drain_into(out) }
    fn token_is_finished(token: &Token) -> bool { token.is_finished() }
    fn token_set_finished(token: &mut Token) { token.set_finished(true) }
    fn token_deref(token: &'static Token) -> &'static str { token }
    fn response_push_str(response: &mut Response<1024>, text: &str) -> Result<(), TooLong> { response.push_str(text) }
    fn response_as_str(response: &'static Response<1024>) -> &'static str { response.as_str() }
    fn response_deref(response: &'static Response<1024>) -> &'static str { response }
    fn response_end(response: &Response<1024>) -> Option<End> { response.end() }
    fn response_set_end(response: &mut Response<1024>) { response.set_end(End::Finished) }
    fn response_pool() -> usize { forebay::global::response_pool().available() }
    fn token_pool() -> usize { forebay::global::token_pool().available() }
    fn stream_pool() -> usize { forebay::global::stream_pool().available() }
    fn ring_of_nothing(item: PopRef<'static, &'static Ring<(), 7>>) { PopRef::take(item) }
}

/// Takes whatever is drained.
pub struct Sum(usize);

impl Extend<Token> for Sum {
    fn extend<I: IntoIterator<Item = Token>>(&mut self, tokens: I) {
        for token in tokens {
            self.0 = self.0.wrapping_add(token.len());
        }
    }
}
