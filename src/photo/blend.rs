//! Blending a change of the network's size into the photo at its own resolution. The photo is never resampled: the
//! change's grids are, smoothly, and where they are 0 every sample stays as it is, bit by bit.

mod layer;
mod reach;

pub use layer::blend_layer_into;

use self::reach::Reach;
use super::frame::crossing;
use super::pixels::{FLOAT_MAX, PixelsMut, Sample};
use super::spline::{coefficients, mirrored};
use super::{Channels, Frame, Photo, Rect, Samples, room_for};
use crate::error::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use std::thread::Builder;

/// Pixels that are worth a thread: some milliseconds.
const PIXELS_PER_THREAD: usize = 1 << 17;

/// A change to a photo inside a frame: `Y = X + M↑·(C↑ + L↑·(x↑ − X))` in the −1..1 scale, x being X as coarse as the grids are. C↑ and x↑ are
/// the cubic splines through C and x, M↑ and L↑ the smooth upsampling of M and L (the cubic B-spline of their values, so nothing
/// rings and zeros stay zeros) into the photo's pixels.
///
/// With Δ the change of the generated image, M the mask, X̂₀ the reconstruction, c what goes of the photo's coarse error and L
/// what goes of its fine error X − x, C is `Δ − c·(x − X̂₀)`. Let M be 0 in the two outermost
/// rings where the photo goes on beyond the frame, or its border shows. Where L is below 0, detail becomes stronger, but not what of a float lies
/// beyond −1..1. Where X is a float beyond ±65504 (the range of half floats) and changes, X is taken for that bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Side S of the grids.
    pub size: usize,
    /// C, `[3][S][S]`.
    pub add: Vec<f32>,
    /// x, `[3][S][S]`.
    pub coarse: Vec<f32>,
    /// M, `[S][S]`, 0..1.
    pub mask: Vec<f32>,
    /// L, `[S][S]`: how much of the photo's fine detail goes where M is 1. Below 0 it becomes stronger.
    pub less: Vec<f32>,
}

impl Change {
    /// The change that changes nothing.
    pub fn none(size: usize) -> Self {
        let (colours, map) = (vec![0.0; 3 * size * size], vec![0.0; size * size]);
        Self { size, add: colours.clone(), coarse: colours, mask: map.clone(), less: map }
    }

    fn check(&self) -> Result<()> {
        let Self { size, add, coarse, mask, less } = self;
        let plane = size.checked_mul(*size).filter(|_| (1..=crate::limits::CROP_SIDE).contains(size));
        if plane.is_none_or(|p| [add.len(), coarse.len()] != [3 * p; 2] || [mask.len(), less.len()] != [p; 2])
        {
            return Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "a change of side {size} came with {}, {}, {} and {} values",
                    add.len(),
                    coarse.len(),
                    mask.len(),
                    less.len()
                ),
            ));
        }
        let beyond = |v: &&f32| !(-FLOAT_MAX..=FLOAT_MAX).contains(*v);
        match add.iter().chain(coarse).chain(mask).chain(less).find(beyond) {
            None => Ok(()),
            Some(v) => Err(Error::new(
                ErrorKind::Internal,
                format!("a change holds {v}; its values must be within ±{FLOAT_MAX}"),
            )),
        }
    }
}

/// The samples of a rectangle of the changed photo, rows tight.
///
/// # Errors
/// If the rectangle reaches beyond the photo, the frame is out of range, the change's lengths do not fit its size, or
/// memory is short.
pub fn blend_rect(photo: &Photo, frame: &Frame, change: &Change, rect: Rect) -> Result<Samples> {
    rect.check_inside(photo)?;
    let grid = Grid::new(frame, change, photo.channels)?;
    Ok(match &photo.samples {
        Samples::U8(v) => Samples::U8(gather(photo, v, &grid, rect)?),
        Samples::U16(v) => Samples::U16(gather(photo, v, &grid, rect)?),
        Samples::F32(v) => Samples::F32(gather(photo, v, &grid, rect)?),
    })
}

/// Like [`blend_rect`], into a borrowed buffer of the rectangle's size and the photo's format.
///
/// # Errors
/// As [`blend_rect`], and if the buffer's size, format, stride or length does not fit.
pub fn blend_into(
    photo: &Photo,
    frame: &Frame,
    change: &Change,
    rect: Rect,
    out: &mut PixelsMut<'_>,
) -> Result<()> {
    out.check_for(photo, rect)?;
    let grid = Grid::new(frame, change, photo.channels)?;
    match &photo.samples {
        Samples::U8(v) => write_rows(photo, v, &grid, rect, out, changed_row),
        Samples::U16(v) => write_rows(photo, v, &grid, rect, out, changed_row),
        Samples::F32(v) => write_rows(photo, v, &grid, rect, out, changed_row),
    }
    Ok(())
}

/// The smallest upright rectangle found to hold every pixel that the change can touch; empty if there is none.
///
/// # Errors
/// If the frame is out of range, or the change's lengths do not fit its size.
pub fn changed_rect(photo: &Photo, frame: &Frame, change: &Change) -> Result<Rect> {
    Ok(Reach::new(frame, change)?.bounds(photo))
}

/// Rows a thread should take, so that a spawn is small against its work.
fn rows_per_thread(rect: Rect) -> usize {
    let pixels = rect.width as usize * rect.height as usize;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    (rect.height as usize).div_ceil(threads.min(pixels / PIXELS_PER_THREAD).max(1)).max(1)
}

fn gather<T: Sample>(photo: &Photo, samples: &[T], grid: &Grid, rect: Rect) -> Result<Vec<T>> {
    let row_length = rect.width as usize * photo.channels.count();
    let mut out = room_for(row_length * rect.height as usize)?;
    if rect.is_empty() {
        return Ok(out);
    }
    for y in rect.y..rect.y + rect.height {
        out.extend_from_slice(photo.row_part(samples, rect.x, y, rect.width));
    }
    let rows = rows_per_thread(rect);
    let band = |top: u32, out: &mut [T]| {
        for (y, row) in (top..).zip(out.chunks_exact_mut(row_length)) {
            grid.blend_row(photo.channels, rect.x, y, row);
        }
    };
    in_bands((rect.y..).step_by(rows).zip(out.chunks_mut(rows * row_length)).collect(), band);
    Ok(out)
}

fn changed_row<T: Sample>(out: &mut PixelsMut<'_>, y: usize, _photo: &[T], changed: &[T]) {
    out.write_row(y, changed);
}

/// `write` gets each row's place, the photo's samples and the changed ones.
fn write_rows<T: Sample>(
    photo: &Photo,
    samples: &[T],
    grid: &Grid,
    rect: Rect,
    out: &mut PixelsMut<'_>,
    write: impl Fn(&mut PixelsMut<'_>, usize, &[T], &[T]) + Sync,
) {
    if rect.is_empty() {
        return;
    }
    let (rows, stride, format) = (rows_per_thread(rect), out.stride, out.format);
    let band = |top: u32, data: &mut [u8]| {
        let height = rect.height - (top - rect.y);
        let mut out = PixelsMut { data, width: rect.width, height: height.min(rows as u32), stride, format };
        let mut row = Vec::with_capacity(rect.width as usize * photo.channels.count());
        for y in 0..out.height {
            let old = photo.row_part(samples, rect.x, top + y, rect.width);
            row.clear();
            row.extend_from_slice(old);
            grid.blend_row(photo.channels, rect.x, top + y, &mut row);
            write(&mut out, y as usize, old, &row);
        }
    };
    let tops = (rect.y..rect.y + rect.height).step_by(rows);
    in_bands(tops.zip(out.data.chunks_mut(rows.saturating_mul(stride))).collect(), band);
}

/// Runs the work for each band of rows (its top, its memory), on as many threads as there are bands.
fn in_bands<T: Send>(bands: Vec<(u32, &mut [T])>, work: impl Fn(u32, &mut [T]) + Sync) {
    // The prefix keeps the C interface's promise to print nothing, should a thread panic.
    share_out(bands, work, || Builder::new().name("npe-cpu-blend".into()));
}

/// The calling thread takes bands too, so all of them are done even where no thread can be started.
fn share_out<T: Send>(
    bands: Vec<(u32, &mut [T])>,
    work: impl Fn(u32, &mut [T]) + Sync,
    thread: impl Fn() -> Builder,
) {
    let helpers = bands.len().saturating_sub(1);
    let bands = Mutex::new(bands.into_iter());
    let work = || {
        loop {
            // On a line of its own, so that the lock is free during the work.
            let next = bands.lock().next();
            let Some((top, memory)) = next else { break };
            work(top, memory);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            if thread().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
}

/// Red, green and blue of C, M; red, green and blue of x, L.
type Cell = [f32; 8];

/// A change made ready to be read at photo pixels.
struct Grid {
    size: usize,
    /// `[S+4][S+4]`: the coefficients of C and x, which are mirrored at the borders (…cb|abc…), and M and L, which are
    /// mirrored with their rim (…ba|ab…): so two rings of 0 keep all of M 0 there.
    cells: Vec<Cell>,
    reach: Reach,
    /// Grid coordinates of photo pixel (0, 0)'s centre, and the step for one pixel to the right; one pixel down is
    /// (−dy, dx). The centre of the first cell is at (0, 0).
    origin: (f64, f64),
    dx: f64,
    dy: f64,
}

impl Grid {
    fn new(frame: &Frame, change: &Change, channels: Channels) -> Result<Self> {
        let reach = Reach::new(frame, change)?;
        let size = change.size;
        let (side, plane) = (size + 4, size * size);
        let grey = matches!(channels, Channels::Grey | Channels::GreyAlpha);
        let splines = |values: &[f32]| {
            let mut values = values.to_vec();
            values.chunks_exact_mut(plane).for_each(|plane| coefficients(plane, size));
            values
        };
        let (add, coarse) = (splines(&change.add), splines(&change.coarse));
        // In grey the luma of the change: the mask weighs all three channels alike, and they are equal.
        let colour = |from: &[f32], p: usize| {
            let colour = [from[p], from[plane + p], from[2 * plane + p]];
            if grey { [luma(colour); 3] } else { colour }
        };
        let mut cells = vec![Cell::default(); side * side];
        for (i, cell) in cells.iter_mut().enumerate() {
            let (x, y) = (i % side, i / side);
            let p = mirrored(y.abs_diff(2), size) * size + mirrored(x.abs_diff(2), size);
            let ([r, g, b], [cr, cg, cb]) = (colour(&add, p), colour(&coarse, p));
            let rim = |v: usize| if v < 2 { 1 - v } else { (v - 2).min(2 * size + 1 - v) }.min(size - 1);
            let at = rim(y) * size + rim(x);
            *cell = [r, g, b, change.mask[at], cr, cg, cb, change.less[at]];
        }
        let (u, v) = frame.from_photo(0.5, 0.5);
        let (sin, cos) = frame.angle.to_radians().sin_cos();
        let per_pixel = size as f64 / frame.side;
        Ok(Self {
            size,
            cells,
            reach,
            origin: (u * size as f64 - 0.5, v * size as f64 - 0.5),
            dx: cos * per_pixel,
            dy: -sin * per_pixel,
        })
    }

    /// Changes one row in place: the pixels from (x, y) to the right.
    fn blend_row<T: Sample>(&self, channels: Channels, x: u32, y: u32, row: &mut [T]) {
        match channels {
            Channels::Grey => self.blend_pixels::<T, 1>(channels, x, y, row),
            Channels::GreyAlpha => self.blend_pixels::<T, 2>(channels, x, y, row),
            Channels::Rgb => self.blend_pixels::<T, 3>(channels, x, y, row),
            Channels::Rgba | Channels::Bgra => self.blend_pixels::<T, 4>(channels, x, y, row),
        }
    }

    fn blend_pixels<T: Sample, const N: usize>(&self, channels: Channels, x: u32, y: u32, row: &mut [T]) {
        let Some([x0, y0, x1, y1]) = self.reach.span() else { return };
        // Both from the photo's own origin, so that any cut into rectangles gives the same bits.
        let (ax, ay) = (self.origin.0 - self.dy * f64::from(y), self.origin.1 + self.dx * f64::from(y));
        let (from, to) = crossing(ax, self.dx, x0, x1);
        let (from2, to2) = crossing(ay, self.dy, y0, y1);
        let start = from.max(from2).floor().max(f64::from(x));
        let end = to.min(to2).ceil().min(f64::from(x) + (row.len() / N) as f64 - 1.0);
        if start > end {
            return;
        }
        let ([r, g, b], alpha) = (channels.rgb(), channels.alpha());
        let colours = if N < 3 { 1 } else { 3 };
        let (first, last) = (start as usize, end as usize);
        let offset = x as usize;
        let pixels = row[(first - offset) * N..(last + 1 - offset) * N].as_chunks_mut::<N>().0;
        for (column, pixel) in (first..).zip(pixels) {
            let (gx, gy) = (ax + self.dx * column as f64, ay + self.dy * column as f64);
            if !(gx >= x0 && gx <= x1 && gy >= y0 && gy <= y1) {
                continue;
            }
            // Not negative: span() begins at −0.5.
            let (ix, iy) = ((gx + 1.0) as usize, (gy + 1.0) as usize);
            if !self.reach.holds(ix, iy) || alpha.is_some_and(|a| pixel[a].unit() == 0.0) {
                continue;
            }
            let [ar, ag, ab, mask, cr, cg, cb, less] =
                self.spline(ix, iy, (gx + 1.0 - ix as f64) as f32, (gy + 1.0 - iy as f64) as f32);
            for (place, add, coarse) in [(r, ar, cr), (g, ag, cg), (b, ab, cb)].into_iter().take(colours) {
                let old = pixel[place];
                let x = 2.0 * old.unit() - 1.0;
                let x = if less < 0.0 { x.clamp(-1.0, 1.0) } else { x };
                pixel[place] = old.moved(0.5 * mask * (add + less * (coarse - x)));
            }
        }
    }

    /// The cubic B-spline over the 4×4 cells around a point: (ix, iy) the first of them, (tx, ty) the place between
    /// the middle two, 0..1.
    #[inline(always)]
    fn spline(&self, ix: usize, iy: usize, tx: f32, ty: f32) -> Cell {
        let (wx, wy) = (weights(tx), weights(ty));
        let side = self.size + 4;
        let mut sum = Cell::default();
        for (j, wy) in wy.into_iter().enumerate() {
            let cells = &self.cells[(iy + j) * side + ix..][..4];
            for c in 0..sum.len() {
                sum[c] += wy
                    * (wx[0] * cells[0][c] + wx[1] * cells[1][c] + wx[2] * cells[2][c] + wx[3] * cells[3][c]);
            }
        }
        sum
    }
}

/// Rec. 709 luma of an encoded colour.
pub(crate) fn luma([r, g, b]: [f32; 3]) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// The cubic B-spline's four weights; none negative, their sum 1.
#[inline(always)]
fn weights(t: f32) -> [f32; 4] {
    let (s, sixth) = (1.0 - t, 1.0 / 6.0);
    [
        s * s * s * sixth,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) * sixth,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) * sixth,
        t * t * t * sixth,
    ]
}

#[cfg(test)]
#[path = "blend_tests.rs"]
mod tests;
