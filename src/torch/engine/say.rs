//! Errors of tch as npe's, and sentences across the table.

use npe::error::{Error, ErrorKind};
use npe::session::table::Said;

/// An error of this package as npe's: out of memory is told from the rest, C++ stack traces are dropped.
pub fn explain(error: crate::error::Error) -> Error {
    let error = match error {
        crate::error::Error::Torch(e) => e,
        crate::error::Error::Npe(e) => return e,
        crate::error::Error::Told(text) => return Error::new(ErrorKind::Model, text),
    };
    let text = error.to_string();
    let text = text.strip_prefix("Internal torch error: ").unwrap_or(&text);
    // Traces begin after the first line, or with these words on it.
    let line = text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("no reason given");
    let line = line.split("Exception raised from").next().unwrap_or(line).trim();
    let memory = [
        "out of memory",
        "can't allocate memory",
        "CUDA_ERROR_OUT_OF_MEMORY",
        "bad_alloc",
        "CUBLAS_STATUS_ALLOC_FAILED",
    ];
    if memory.iter().any(|m| text.contains(m)) {
        return Error::new(
            ErrorKind::OutOfMemory,
            format!(
                "there is not enough memory on the device: {line}; close other programs that use it, or use another device"
            ),
        );
    }
    Error::new(ErrorKind::Device, format!("libtorch failed: {line}"))
}

/// Leaves a sentence with the caller, cut at a character.
///
/// # Safety
/// `said` is NULL or points to a buffer as its fields say.
pub unsafe fn say(said: *mut Said, sentence: &str) {
    if said.is_null() {
        return;
    }
    // SAFETY: by contract.
    let said = unsafe { &mut *said };
    if said.bytes.is_null() {
        return;
    }
    let end =
        (0..=sentence.len().min(said.capacity)).rev().find(|i| sentence.is_char_boundary(*i)).unwrap_or(0);
    // SAFETY: `end` is at most the capacity; the sentence is npe's own memory.
    unsafe { sentence.as_ptr().copy_to_nonoverlapping(said.bytes, end) };
    said.length = end;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn a_huge_allocation_is_out_of_memory() {
        let error = Tensor::f_zeros([1 << 44], (Kind::Float, Device::Cpu)).unwrap_err();
        let error = explain(error.into());
        assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }

    #[test]
    fn a_wrong_shape_is_one_line() {
        let a = Tensor::f_from_slice(&[1.0_f32; 6]).unwrap();
        let error = explain(a.f_view([4, 4]).unwrap_err().into());
        assert_eq!(error.kind(), ErrorKind::Device);
        assert!(error.to_string().contains("shape"), "{error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }

    #[test]
    fn a_cuda_tensor_without_cuda_is_an_error() {
        if !tch::Cuda::is_available() {
            let error = Tensor::f_zeros([1], (Kind::Float, Device::Cuda(0))).unwrap_err();
            assert_eq!(explain(error.into()).kind(), ErrorKind::Device);
        }
    }

    #[test]
    fn sentences_are_cut_at_characters() {
        let mut bytes = [7_u8; 4];
        let mut said = Said { bytes: bytes.as_mut_ptr(), capacity: 3, length: 0 };
        // SAFETY: a buffer of at least the said capacity.
        unsafe { say(&mut said, "abé") };
        assert_eq!((said.length, bytes), (2, [b'a', b'b', 7, 7]));
    }
}
