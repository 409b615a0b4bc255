//! E0277: nobody is woken when an object of the second pool comes back.
use forebay::{DefaultReset, Pool, Waking, get_all, try_get_all};

fn main() {
    static FIRST: Pool<u8, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
    static SECOND: Pool<u8, 1> = Pool::new();
    #[cfg(fails)]
    let _all = get_all((&FIRST, &SECOND));
    let _all = (try_get_all((&FIRST, &SECOND)), get_all((&FIRST,)));
}
