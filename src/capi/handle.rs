//! Handles. What a host holds is a number in the disguise of a pointer: never an address, never given twice. So each
//! handle that was freed, is of another kind or came from elsewhere is told for sure, and no memory of ours is in reach of
//! a host's mistake. Finding one costs a lock and a hash.

use super::error::{Answer, Failure};
use super::status::NPE_ERR_HANDLE;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What stands behind a kind of handle.
pub(super) trait Object: Send + Sync + Sized + 'static {
    /// The type C sees.
    type Opaque;
    /// Low bits of its handles.
    const KIND: usize;
    /// The live ones.
    fn table() -> &'static Table<Self>;
}

/// The live objects of one kind.
pub(super) type Table<T> = Mutex<Option<HashMap<usize, Arc<T>>>>;

const KINDS: [&str; 3] = ["", "model", "edit"];
const BITS: u32 = 4;
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Hands an object to the host.
pub(super) fn give<T: Object>(object: T) -> *mut T::Opaque {
    let token = NEXT.fetch_add(1, Ordering::Relaxed) << BITS | T::KIND;
    T::table().lock().get_or_insert_default().insert(token, Arc::new(object));
    std::ptr::without_provenance_mut(token)
}

/// The object of a handle. It stays alive while the answer is held, even if the host frees it meanwhile.
pub(super) fn get<T: Object>(handle: *const T::Opaque) -> Answer<Arc<T>> {
    let token = handle.addr();
    let found = T::table().lock().as_ref().and_then(|t| t.get(&token).cloned());
    found.ok_or_else(|| explain::<T>(token))
}

/// Takes an object back. NULL is fine.
pub(super) fn take<T: Object>(handle: *mut T::Opaque) -> Answer {
    if handle.is_null() {
        return Ok(());
    }
    let token = handle.addr();
    // Dropped after the lock is: freeing a photo takes time.
    let taken = T::table().lock().as_mut().and_then(|t| t.remove(&token));
    taken.map(drop).ok_or_else(|| explain::<T>(token))
}

fn explain<T: Object>(token: usize) -> Failure {
    let wanted = KINDS[T::KIND];
    if token == 0 {
        return Failure::null(&format!("the {wanted}"));
    }
    let kind = token & ((1 << BITS) - 1);
    let ours = (1..NEXT.load(Ordering::Relaxed)).contains(&(token >> BITS));
    let sentence = match KINDS.get(kind).filter(|_| ours && kind > 0) {
        Some(name) if *name == wanted => {
            format!("the {wanted} was freed already; do not use it after npe_{wanted}_free")
        }
        Some(name) => format!("the handle given as the {wanted} is of kind {name}"),
        None => format!("the pointer given as the {wanted} was not made by npe"),
    };
    Failure::new(NPE_ERR_HANDLE, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(u8);
    static THINGS: Table<Thing> = Mutex::new(None);
    impl Object for Thing {
        type Opaque = ();
        const KIND: usize = 1;
        fn table() -> &'static Table<Self> {
            &THINGS
        }
    }

    #[test]
    fn every_wrong_handle_is_told_apart() {
        let handle = give(Thing(7));
        assert_eq!(get::<Thing>(handle).unwrap().0, 7);
        let held = get::<Thing>(handle).unwrap();
        take::<Thing>(handle).unwrap();
        assert_eq!(held.0, 7);
        let say = |h: *const ()| get::<Thing>(h).map(drop).unwrap_err().sentence;
        assert!(say(handle).contains("was freed already"));
        assert!(take::<Thing>(handle).unwrap_err().sentence.contains("was freed already"));
        let other = give(Thing(8));
        assert_ne!(other, handle, "a handle is never given twice");
        assert!(say(std::ptr::without_provenance(other.addr() ^ 3)).contains("of kind edit"));
        assert!(say((&raw const held).cast()).contains("not made by npe"));
        assert!(say(std::ptr::null()).contains("is NULL"));
        assert!(take::<Thing>(std::ptr::null_mut()).is_ok());
        take::<Thing>(other).unwrap();
    }
}
