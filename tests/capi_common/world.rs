//! Objects and mistakes for the tests that call the C interface wrongly.
#![allow(clippy::undocumented_unsafe_blocks)] // every pointer that is followed here is one of this test's own

use super::*;

/// The call answers this status, with a sentence in which these words stand.
#[track_caller]
pub fn refused(status: npe_status, expected: npe_status, words: &str) {
    let sentence = last_error();
    assert_eq!(status, expected, "{sentence}");
    assert!(sentence.contains(words), "{words:?} is not in {sentence:?}");
}

/// Everything that can be wrong with the struct of an image of `sample`'s size; each with status and words.
pub fn bad_images(good: npe_image) -> Vec<(npe_image, npe_status, &'static str)> {
    let invalid = NPE_ERR_INVALID_ARGUMENT;
    let mut bad = Vec::new();
    for size in [0, 1, size_of::<npe_image>() - 1, 4097, usize::MAX] {
        bad.push((npe_image { struct_size: size, ..good }, invalid, "struct_size of npe_image"));
    }
    bad.push((npe_image { data: null(), ..good }, NPE_ERR_NULL, "data is NULL"));
    for data_size in [0, 1, good.data_size - 1] {
        bad.push((npe_image { data_size, ..good }, invalid, "data_size is"));
    }
    for stride in [0, 1, good.stride - 1] {
        bad.push((npe_image { stride, ..good }, invalid, "stride is"));
    }
    bad.push((npe_image { stride: good.stride + 1, ..good }, invalid, "data_size is"));
    for stride in [usize::MAX, usize::MAX / 2, usize::MAX / good.height as usize] {
        bad.push((npe_image { stride, data_size: usize::MAX, ..good }, invalid, "more than memory can have"));
    }
    for format in [0, 1, 3, 0x10, 0x16, 0x33, 0x53, 0x113, u32::MAX] {
        bad.push((npe_image { format, ..good }, invalid, "NPE_FORMAT"));
    }
    bad.push((npe_image { reserved: 1, ..good }, invalid, "reserved"));
    bad
}

/// A model, an edit of the sample photo, and handles that were freed.
pub struct World {
    pub sample: Sample,
    pub model: *mut npe_model,
    pub edit: *mut npe_edit,
    pub freed_model: *mut npe_model,
    pub freed_edit: *mut npe_edit,
}

impl World {
    pub fn new() -> Self {
        let sample = sample();
        let (model, freed_model) = (model(), model());
        let (e, freed_edit) = (edit(model, &sample), edit(model, &sample));
        npe_model_free(freed_model);
        npe_edit_free(freed_edit);
        Self { sample, model, edit: e, freed_model, freed_edit }
    }

    /// Runs a call with every kind of wrong edit.
    pub fn bad_edits(&self, call: impl Fn(*mut npe_edit) -> npe_status) {
        refused(call(null_mut()), NPE_ERR_NULL, "the edit is NULL");
        refused(call(self.freed_edit), NPE_ERR_HANDLE, "the edit was freed already");
        refused(call(self.model.cast()), NPE_ERR_HANDLE, "is of kind model");
        let foreign = 5_u64;
        refused(call((&raw const foreign).cast_mut().cast()), NPE_ERR_HANDLE, "not made by npe");
        refused(call(std::ptr::without_provenance_mut(usize::MAX)), NPE_ERR_HANDLE, "not made by npe");
        refused(call(std::ptr::without_provenance_mut(1)), NPE_ERR_HANDLE, "not made by npe");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // After all the wrong calls the objects work as on the first day.
        if !std::thread::panicking() {
            assert!(decoded(self.edit, &self.sample) == self.sample.bytes, "a refused call changed the edit");
            ok(stroke(self.edit, &[DAB]));
            assert!(decoded(self.edit, &self.sample) != self.sample.bytes);
        }
        npe_edit_free(self.edit);
        npe_model_free(self.model);
    }
}
