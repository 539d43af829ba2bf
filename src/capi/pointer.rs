//! Everything that is done to pointers from the host, apart from pixels: NULL checks, sizes, copying in and out. All
//! copies are unaligned ones, so a host's packed struct is no trap.

use super::error::{Answer, Failure};
use super::status::{NPE_ERR_BUFFER_TOO_SMALL, NPE_ERR_INVALID_ARGUMENT, NPE_ERR_LIMIT};
use crate::limits::{STRUCT_BYTES, TEXT_BYTES};
use std::ffi::{CStr, c_char};
use std::path::PathBuf;

/// A struct of the interface that consists of numbers and pointers only.
///
/// # Safety
/// All bytes zero must be a valid value, it must be `repr(C)`, and it must have no padding that matters.
pub(super) unsafe trait Plain: Copy {
    /// Its name in C.
    const NAME: &'static str;
}

/// Reads a struct that begins with its own size. Fields the host does not know are 0; fields npe does not know must be.
///
/// # Safety
/// `from` is NULL or points to as many readable bytes as its first field says.
pub(super) unsafe fn read_sized<T: Plain>(from: *const T) -> Answer<T> {
    if from.is_null() {
        return Err(Failure::null(&format!("the pointer to {}", T::NAME)));
    }
    // SAFETY: by contract at least the size field is there.
    let size = unsafe { from.cast::<usize>().read_unaligned() };
    check_struct_size(T::NAME, "struct_size", size, size_of::<T>())?;
    let mut bytes = [0_u8; STRUCT_BYTES];
    // SAFETY: the host vouches for `size` readable bytes, and `size` is at most STRUCT_BYTES.
    unsafe { from.cast::<u8>().copy_to_nonoverlapping(bytes.as_mut_ptr(), size) };
    if let Some(at) = bytes[size_of::<T>()..size].iter().position(|b| *b != 0) {
        return Err(Failure::new(
            NPE_ERR_INVALID_ARGUMENT,
            format!(
                "{} has a value at byte {} that this npe does not know; it is older than the host",
                T::NAME,
                size_of::<T>().saturating_add(at)
            ),
        ));
    }
    // SAFETY: `Plain` says any bytes of numbers and pointers are a value; STRUCT_BYTES bytes are enough for T.
    Ok(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

/// As [`read_sized`] for a struct that never grows and so has no size.
///
/// # Safety
/// `from` is NULL or points to a readable T.
pub(super) unsafe fn read_fixed<T: Plain>(from: *const T) -> Answer<T> {
    if from.is_null() {
        return Err(Failure::null(&format!("the pointer to {}", T::NAME)));
    }
    // SAFETY: by contract.
    Ok(unsafe { from.read_unaligned() })
}

fn check_struct_size(name: &str, what: &str, size: usize, known: usize) -> Answer {
    // Version 0.1 is the oldest, so its sizes are the smallest.
    if size < known || size > STRUCT_BYTES {
        return Err(Failure::new(
            NPE_ERR_INVALID_ARGUMENT,
            format!(
                "the {what} of {name} is {size}; set it to sizeof({name}), which is {known} for this npe"
            ),
        ));
    }
    Ok(())
}

/// A place for a result, checked before the work is done and written after it.
pub(super) struct Out<T>(*mut T, usize);

impl<T: Copy> Out<T> {
    /// A single value.
    pub fn required(to: *mut T, what: &str) -> Answer<Self> {
        if to.is_null() { Err(Failure::null(what)) } else { Ok(Self(to, size_of::<T>())) }
    }

    /// A single value that the host may not want.
    pub fn optional(to: *mut T) -> Self {
        Self(to, size_of::<T>())
    }

    /// A struct followed by its size.
    pub fn sized(to: *mut T, size: usize) -> Answer<Self>
    where
        T: Plain,
    {
        if to.is_null() {
            return Err(Failure::null(&format!("the pointer to {}", T::NAME)));
        }
        check_struct_size(T::NAME, "size", size, size_of::<T>())?;
        Ok(Self(to, size))
    }

    /// Writes it; fields that the host knows and npe does not become 0.
    ///
    /// # Safety
    /// The pointer is NULL or points to as many writable bytes as were said.
    pub unsafe fn write(self, value: T) {
        if self.0.is_null() {
            return;
        }
        let known = size_of::<T>();
        // SAFETY: by contract; `known` is at most the size, which was checked.
        unsafe {
            self.0.write_unaligned(value);
            self.0.cast::<u8>().add(known).write_bytes(0, self.1.saturating_sub(known));
        }
    }
}

/// Copies an array in. `limit` is checked before anything is read.
///
/// # Safety
/// `from` is NULL or points to `count` readable elements.
pub(super) unsafe fn read_array<T: Copy>(
    from: *const T,
    count: usize,
    limit: usize,
    what: &str,
) -> Answer<Vec<T>> {
    if from.is_null() {
        return Err(Failure::null(what));
    }
    if count > limit {
        return Err(Failure::new(
            NPE_ERR_LIMIT,
            format!("the count of {what} is {count}; at most {limit} are taken"),
        ));
    }
    // SAFETY: by contract, and `count` is within the limit, so the offsets do not overflow.
    Ok((0..count).map(|i| unsafe { from.add(i).read_unaligned() }).collect())
}

/// An array for results, followed by its capacity, and a place for how many there are.
pub(super) struct OutArray<T> {
    to: *mut T,
    capacity: usize,
    count: *mut usize,
}

impl<T: Copy> OutArray<T> {
    /// `to` may be NULL where `capacity` is 0: the host asks for the count only.
    pub fn new(to: *mut T, capacity: usize, count: *mut usize, what: &str) -> Answer<Self> {
        if count.is_null() {
            return Err(Failure::null(&format!("the pointer to the count of {what}")));
        }
        if to.is_null() && capacity > 0 {
            return Err(Failure::new(
                super::status::NPE_ERR_NULL,
                format!(
                    "{what} is NULL but its capacity is {capacity}; give both, or NULL and 0 to ask for the count"
                ),
            ));
        }
        Ok(Self { to, capacity, count })
    }

    /// Writes as many as fit and the count of all.
    ///
    /// # Safety
    /// The pointers point to what was said.
    pub unsafe fn write_some(self, values: &[T]) {
        for (i, value) in values.iter().take(self.capacity).enumerate() {
            // SAFETY: i is under the capacity.
            unsafe { self.to.add(i).write_unaligned(*value) };
        }
        // SAFETY: not NULL, checked in `new`.
        unsafe { self.count.write_unaligned(values.len()) };
    }

    /// Writes all and the count, or nothing if they do not fit. A capacity of 0 asks for the count. `hidden` of the values
    /// (a terminating NUL) are not counted.
    ///
    /// # Safety
    /// As [`OutArray::write_some`].
    pub unsafe fn write_all(self, values: &[T], hidden: usize, what: &str) -> Answer {
        if self.capacity > 0 && self.capacity < values.len() {
            return Err(Failure::new(
                NPE_ERR_BUFFER_TOO_SMALL,
                format!("the capacity of {what} is {}; {} are needed", self.capacity, values.len()),
            ));
        }
        for (i, value) in values.iter().take(self.capacity).enumerate() {
            // SAFETY: i is under the capacity.
            unsafe { self.to.add(i).write_unaligned(*value) };
        }
        // SAFETY: not NULL, checked in `new`.
        unsafe { self.count.write_unaligned(values.len().saturating_sub(hidden)) };
        Ok(())
    }
}

/// Copies a NUL-terminated text; none if it is NULL. `what` names it in errors.
///
/// # Safety
/// `from` is NULL or points to a NUL-terminated text.
pub(super) unsafe fn read_text(from: *const c_char, what: &str) -> Answer<Option<Vec<u8>>> {
    if from.is_null() {
        return Ok(None);
    }
    // SAFETY: by contract.
    let bytes = unsafe { CStr::from_ptr(from) }.to_bytes();
    if bytes.len() > TEXT_BYTES {
        let sentence = format!("{what} has {} bytes; the limit is {TEXT_BYTES}", bytes.len());
        return Err(Failure::new(NPE_ERR_LIMIT, sentence));
    }
    Ok(Some(bytes.to_vec()))
}

/// Reads bytes that must be UTF-8.
pub(super) fn utf8(bytes: &[u8], what: &str) -> Answer<String> {
    String::from_utf8(bytes.to_vec()).map_err(|e| {
        Failure::new(
            NPE_ERR_INVALID_ARGUMENT,
            format!("{what} is not UTF-8 from byte {} on; texts are UTF-8", e.utf8_error().valid_up_to()),
        )
    })
}

/// The path that a text of the host means; `what` names it in errors.
#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8], _what: &str) -> Answer<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

/// As on Unix, where a path may be any bytes; here it is UTF-8.
#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8], what: &str) -> Answer<PathBuf> {
    utf8(bytes, what).map(PathBuf::from)
}
