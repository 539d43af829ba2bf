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
        "CUDNN_STATUS_ALLOC_FAILED",
        "ALLOCATION_FAILED",
    ];
    // NVIDIA's libraries say this on a full device, and for other reasons too.
    let perhaps = ["unable to find an engine to execute", "CUBLAS_STATUS_NOT_INITIALIZED"];
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let what = if has(&memory) {
        "there is not enough memory on the device"
    } else if has(&perhaps) {
        "the device does not compute, perhaps because it has too little memory left"
    } else {
        return Error::new(ErrorKind::Device, format!("libtorch failed: {line}"));
    };
    Error::new(
        ErrorKind::OutOfMemory,
        format!("{what}: {line}; close other programs that use it, or use another device"),
    )
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
    fn what_cuda_says_of_memory_is_told_from_the_rest() {
        let told = |text: &str| {
            let error = explain(tch::TchError::Torch(text.into()).into());
            (error.kind(), error.to_string())
        };
        for text in
            ["cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"]
        {
            let (kind, said) = told(text);
            assert_eq!(kind, ErrorKind::OutOfMemory, "{said}");
            assert!(said.starts_with("there is not enough memory on the device: "), "{said}");
        }
        for text in [
            "GET was unable to find an engine to execute this computation",
            "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        ] {
            let (kind, said) = told(text);
            assert_eq!(kind, ErrorKind::OutOfMemory, "{said}");
            assert!(said.contains("perhaps") && said.contains(text), "{said}");
        }
        let (kind, said) = told("CUDA error: an illegal memory access was encountered");
        assert_eq!((kind, said.starts_with("libtorch failed: ")), (ErrorKind::Device, true), "{said}");
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
