//! Halves and callers that wait.
use crate::Owned;
use core::pin::Pin;
use core::task::{Context, Poll};
use forebay::error::{Cancelled, NotAll, TextError, WaitAllError};
use forebay::future::{
    GetAllFuture, GetFuture, OpenFuture, RecvFuture, RecvReadyFuture, SendCancelledFuture,
    SendFuture, SendReadyFuture, SendTextFuture,
};
use forebay::{
    DefaultReset, End, Exhausted, Lease, Pool, Receiver, RecvError, SendError, Sender, StreamPool,
    Token, TooManyWaiters, Waking,
};

type Pools = StreamPool<Token, 4, 20, Waking<3>>;
type OwnedPools = StreamPool<Owned, 4, 20, Waking<3>>;
type To = Sender<&'static Pools>;
type From = Receiver<&'static Pools>;
type ToOwned = Sender<&'static OwnedPools>;
type FromOwned = Receiver<&'static OwnedPools>;
type P = Pool<u32, 16, DefaultReset, Waking<3>>;
type Two = (&'static P, &'static P);

export! { "op_wake_"
    fn stream_pool_try_open(pool: &'static Pools) -> Result<(To, From), Exhausted> { pool.try_open() }
    fn stream_pool_open(pool: &'static Pools) -> OpenFuture<'static, Token, 4, 20, Waking<3>> { pool.open() }
    fn open_future_drop(open: OpenFuture<'static, Token, 4, 20, Waking<3>>) { drop(open) }
    fn sender_try_send(half: &mut ToOwned, token: Owned) -> Result<(), SendError<Owned>> { half.try_send(token) }
    fn sender_try_send_text(half: &mut To, text: &str) -> Result<(), TextError> { half.try_send_text(text) }
    fn sender_send(half: &'static mut ToOwned, token: Owned) -> SendFuture<'static, &'static OwnedPools> {
        half.send(token)
    }
    fn sender_take_unsent(half: &mut ToOwned) -> Option<Owned> { half.take_unsent() }
    fn sender_ready(half: &'static mut To) -> SendReadyFuture<'static, &'static Pools> { half.ready() }
    fn sender_cancelled(half: &'static mut To) -> SendCancelledFuture<'static, &'static Pools> { half.cancelled() }
    fn sender_send_text(half: &'static mut To, text: &'static str) -> SendTextFuture<'static, &'static Pools> {
        half.send_text(text)
    }
    fn send_text_future_sent(send: &SendTextFuture<'static, &'static Pools>) -> usize { send.sent() }
    fn send_drop(send: SendFuture<'static, &'static OwnedPools>) { drop(send) }
    fn sender_close(half: ToOwned) { half.close() }
    fn sender_fail(half: ToOwned, code: u16) { half.fail(code) }
    fn sender_drop(half: ToOwned) { drop(half) }
    fn receiver_try_recv(half: &mut FromOwned) -> Result<Owned, RecvError> { half.try_recv() }
    fn receiver_recv(half: &'static mut FromOwned) -> RecvFuture<'static, &'static OwnedPools> { half.recv() }
    fn receiver_ready(half: &'static mut FromOwned) -> RecvReadyFuture<'static, &'static OwnedPools> { half.ready(8) }
    fn recv_drop(recv: RecvFuture<'static, &'static OwnedPools>) { drop(recv) }
    fn tokens_next(tokens: &mut forebay::stream::Tokens<'static, &'static OwnedPools>) -> Option<Owned> {
        tokens.next()
    }
    fn tokens_drop(tokens: forebay::stream::Tokens<'static, &'static OwnedPools>) { drop(tokens) }
    fn receiver_cancel(half: &mut FromOwned) { half.cancel() }
    fn receiver_drop(half: FromOwned) { drop(half) }
    fn pool_get(pool: &'static P) -> GetFuture<'static, u32, 16, DefaultReset, Waking<3>> { pool.get() }
    fn pool_get_reserved(pool: &'static P) -> GetFuture<'static, u32, 16, DefaultReset, Waking<3>> { pool.get_reserved() }
    fn get_all(source: Two) -> GetAllFuture<Two> { forebay::get_all(source) }
    fn get_all_drop(all: GetAllFuture<Two>) { drop(all) }
    fn get_future_poll(get: Pin<&mut GetFuture<'static, u32, 16, DefaultReset, Waking<3>>>, cx: &mut Context<'_>)
        -> Poll<Result<Lease<&'static P>, TooManyWaiters>> { get.poll(cx) }
    fn open_future_poll(open: Pin<&mut OpenFuture<'static, Token, 4, 20, Waking<3>>>, cx: &mut Context<'_>)
        -> Poll<Result<(To, From), TooManyWaiters>> { open.poll(cx) }
    fn get_all_future_poll(all: Pin<&mut GetAllFuture<Two>>, cx: &mut Context<'_>)
        -> Poll<Result<(Lease<&'static P>, Lease<&'static P>), NotAll<WaitAllError>>> { all.poll(cx) }
    fn send_future_poll(send: Pin<&mut SendFuture<'static, &'static OwnedPools>>, cx: &mut Context<'_>)
        -> Poll<Result<(), Cancelled<Owned>>> { send.poll(cx) }
    fn send_ready_future_poll(ready: Pin<&mut SendReadyFuture<'static, &'static Pools>>, cx: &mut Context<'_>)
        -> Poll<Result<(), Cancelled<()>>> { ready.poll(cx) }
    fn send_cancelled_future_poll(cancelled: Pin<&mut SendCancelledFuture<'static, &'static Pools>>, cx: &mut Context<'_>)
        -> Poll<()> { cancelled.poll(cx) }
    fn send_text_future_poll(send: Pin<&mut SendTextFuture<'static, &'static Pools>>, cx: &mut Context<'_>)
        -> Poll<Result<(), TextError>> { send.poll(cx) }
    fn sender_poll_ready(half: &mut To, cx: &mut Context<'_>) -> Poll<Result<(), Cancelled<()>>> { half.poll_ready(cx) }
    fn recv_future_poll(recv: Pin<&mut RecvFuture<'static, &'static OwnedPools>>, cx: &mut Context<'_>)
        -> Poll<Result<Owned, End>> { recv.poll(cx) }
    fn recv_ready_future_poll(ready: Pin<&mut RecvReadyFuture<'static, &'static OwnedPools>>, cx: &mut Context<'_>)
        -> Poll<usize> { ready.poll(cx) }
    fn receiver_poll_recv(half: &mut FromOwned, cx: &mut Context<'_>) -> Poll<Result<Owned, End>> { half.poll_recv(cx) }
}
