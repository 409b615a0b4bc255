mod channels;
fn main() {
    let _ = channels::Channels::default();
}
