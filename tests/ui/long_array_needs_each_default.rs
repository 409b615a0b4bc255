//! E0277: there is no `Default` for arrays of more than 32 elements.
//! says: the policy `DefaultReset` cannot make and recycle objects of type `[u8; 128]`
//! says: for arrays of more than 32 elements, take the policy `forebay::reset::EachDefault`
use forebay::Pool;
use forebay::reset::EachDefault;

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<[u8; 128], 1, EachDefault> = Pool::with_policy(EachDefault);
    #[cfg(fails)]
    let pool: Pool<[u8; 128], 1> = Pool::new();
    drop(pool.try_get());
    let _ = EachDefault;
}
