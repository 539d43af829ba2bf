//! npe's benchmarks: `cargo bench -p npe-bench`.

use npe::photo::{Channels, Photo, Samples};

/// The sample photo: one face, 512×512.
///
/// # Panics
/// If the file is damaged; this is for benchmarks.
pub fn sample_photo() -> Photo {
    // Within the program, so that a wrong path does not build.
    let image = image::load_from_memory(include_bytes!("../tests/data/astronaut.png"));
    let image = image.expect("the sample photo").to_rgb8();
    let (width, height) = image.dimensions();
    Photo::new(width, height, Channels::Rgb, Samples::U8(image.into_raw())).expect("a valid photo")
}
