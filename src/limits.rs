//! Every limit of the library, each with its reason. Sizes from outside are checked against these, with checked
//! arithmetic, before anything is allocated. `docs/limits.md` is made of this file; it says how the sums and products
//! of sizes were gone through.

/// Longest side of a photo in pixels: what medium-format stitches reach, and coordinates stay exact in `f32`.
pub const PHOTO_SIDE: u32 = 32_768;
/// Most pixels of a photo: 4 GiB as RGBA `f32`, the most a desktop can be asked for.
pub const PHOTO_PIXELS: u64 = 1 << 28;
/// Smallest side of a photo in pixels: under this there is no face to see.
pub const PHOTO_SIDE_MIN: u32 = 8;
/// Smallest and largest side of the face frame in photo pixels. Below 8 px a 64×64 network sees only blur.
pub const FRAME_SIDE_MIN: f64 = 8.0;
/// See [`FRAME_SIDE_MIN`]; four times the longest photo side.
pub const FRAME_SIDE_MAX: f64 = 131_072.0;
/// How far a layer may be placed from a photo's corner, and how large, in photo pixels: as [`FRAME_SIDE_MAX`].
pub const PLACEMENT_ABS: f64 = 131_072.0;
/// Parts of a guide that are solved one by one: a second of work. More are joined with what lies nearest.
pub const GUIDE_PARTS: usize = 32;
/// Guides whose parts' order an edit remembers: half a minute of a person's painting, 256 KiB at most.
pub const GUIDE_ORDERS: usize = 1024;
/// A model file. The paper's network is 220 MB as f32.
pub const MODEL_FILE_BYTES: u64 = 1 << 30;
/// The header of a model file: 64 tensors and a page of metadata take about 10 KiB.
pub const MODEL_HEADER_BYTES: u64 = 1 << 20;
/// A text in a model's metadata (name, licence, what it was trained on): a paragraph.
pub const MODEL_TEXT_BYTES: usize = 4_096;
/// Channel multiplier of a network; the paper's is 128.
pub const MODEL_WIDTH: u32 = 512;
/// Hidden units of the encoder's dense layer; the paper's is 1000.
pub const MODEL_HIDDEN: u32 = 8_192;
/// Latents of a network; the paper's is 100.
pub const MODEL_LATENTS: u32 = 1_024;
/// Least and most a model may ask broad strokes to hold the rest: as loosely as the plainest objective does, and as closely as npe
/// holds it with the finest brush.
pub const MODEL_BROAD_KEEP_MIN: f32 = 1.0;
/// See [`MODEL_BROAD_KEEP_MIN`].
pub const MODEL_BROAD_KEEP_MAX: f32 = 256.0;
/// Attributes of a model: what a list of sliders can show.
pub const ATTRIBUTES: usize = 64;
/// The name of an attribute: what stands beside a slider.
pub const ATTRIBUTE_NAME_BYTES: usize = 64;
/// Farthest an attribute's slider goes to either side: five standard deviations are no face any more.
pub const ATTRIBUTE_ABS: f32 = 5.0;
/// Stages of a model's aligner; the fourth gains nothing already.
pub const ALIGN_STAGES: usize = 16;
/// How far a dab may lie from a photo's corner, and its largest radius, in photo pixels: four times the longest side.
pub const DAB_ABS: f32 = 131_072.0;
/// Dabs of one stroke: a minute of painting at 1 kHz.
pub const STROKE_DABS: usize = 65_536;
/// Solver steps of one stroke: some seconds on the slowest machine, so that a call always ends.
pub const SOLVER_STEPS: u32 = 1_000;
/// Levels of undo. A level costs up to 17 KiB with a network of 64 pixels, so all of them stay under 6 MiB.
pub const UNDO_LEVELS: usize = 300;
/// Photos kept for undoing updates, in bytes together: seven of 24 megapixels. Older levels of undo are dropped.
pub const UNDO_BYTES: usize = 512 << 20;
/// A stroke file in bytes: days of painting; and reading one takes ten times its size in memory.
pub const STROKE_FILE_BYTES: u64 = 16 << 20;
/// Operations of an edit, and so of a stroke file: days of painting, each of which is shown again when it is opened.
pub const OPERATIONS: usize = 100_000;
/// Threads the session may use: a network of this size can't keep more of them busy.
pub const THREADS: usize = 64;
/// Largest magnitude of a latent: beyond this a standard normal has nothing to say and `f16` weights overflow.
pub const LATENT_ABS: f32 = 32.0;
/// Side of a crop in crop pixels: eight times the largest network planned.
pub const CROP_SIDE: usize = 1_024;
/// A struct of the C interface in bytes: none will ever be larger, so a larger size is a mistake.
pub const STRUCT_BYTES: usize = 4_096;
/// A text that a host gives (a path, a device, a name) in bytes: no system has longer paths, and errors repeat it.
pub const TEXT_BYTES: usize = 32_768;

// What the limits hold. Sizes are `usize` everywhere behind the checks, so these are the largest sums and products.
const _: () = {
    assert!(usize::BITS >= 64, "npe needs a 64-bit machine: the largest photo alone has 4 GiB");
    // A photo's bytes, its undo copies, and the cells of a crop's working copy: a pixel takes at most 16 bytes.
    assert!((PHOTO_PIXELS + 4 * PHOTO_SIDE as u64) * 16 < 1 << 40);
    // A crop, three channels of `f32`, sampled 16 times a side.
    assert!((CROP_SIDE * 16).pow(2) * 3 * 4 < 1 << 40);
    // A network's largest tensor: the encoder's dense layer, whose channels double four times at 128 pixels.
    let top = MODEL_WIDTH as u64 * 16;
    assert!(top * 16 * MODEL_HIDDEN as u64 * 4 < 1 << 40);
    // The CPU engine's offsets are `u32`: one row of zeros and 64×64 rows of twice the width, padded to 16.
    assert!((1 + 64 * 64) * (top + 16) < u32::MAX as u64);
    // All dabs of a stroke file.
    assert!(STROKE_DABS * OPERATIONS < 1 << 40);
};
