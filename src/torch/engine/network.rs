//! A network on its device: numbers in and out, the pull by autograd, one caller at a time. Calls the networks of
//! [`crate::ian::folded`], `guard`, tch.

use super::guard::{Exact, Fresh, Stream, Threads};
use super::say::explain;
use crate::ian::folded::{self, Folded};
use npe::error::{Error, ErrorKind, Result};
use npe::generator::{Aimed, Attribute, Generator, InOne, Pull, Response, Target, check_values};
use npe::model::{Extras, Model};
use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};
use tch::{Device, Kind, TchError, Tensor};

/// A network that any number of threads may use.
pub struct Running {
    /// Side of the images in pixels.
    pub image_size: usize,
    /// How many latents an image has.
    pub latents: usize,
    broad_keep: f32,
    extras: Extras,
    device: Device,
    threads: c_int,
    // Tensors are Send but not Sync.
    state: Mutex<State>,
    // After the tensors: fields are dropped in this order.
    _cache: Cache,
}

/// Gives the memory that libtorch keeps of freed tensors back to a GPU's driver when it is dropped.
struct Cache(Device);

impl Drop for Cache {
    fn drop(&mut self) {
        if matches!(self.0, Device::Cuda(_)) {
            // SAFETY: lets no exception out; any thread may call. What it answers changes nothing.
            unsafe { npe_torch_empty_cuda_cache() };
        }
    }
}

unsafe extern "C" {
    /// In `beyond_tch.cpp`.
    fn npe_torch_empty_cuda_cache() -> c_int;
}

struct State {
    network: Box<dyn Folded>,
    last: Option<Decoded>,
}

/// The last decode with its graph, so that a pull at the same latents costs the way back only.
struct Decoded {
    values: Vec<f32>,
    latents: Tensor,
    /// Its copy to the device is not waited for: it stays here until this is replaced, after a download that did wait.
    _sent: Tensor,
    image: Tensor,
}

/// What a pull pulls towards, on the network's device.
pub struct Aim {
    /// `[1, 1, S, S]`
    weight: Tensor,
    /// `[1, 3, S, S]`
    colour: Tensor,
    /// `3·Σ weight`
    total: f64,
}

impl Running {
    /// Takes a model to a device. `threads` are those that operations on the CPU may use.
    ///
    /// # Errors
    /// If its architecture is not known here, or the device fails.
    pub fn new(model: &Model, device: Device, threads: usize) -> Result<Self> {
        let running = Self::made(model, device, threads)?;
        if matches!(device, Device::Cuda(_)) {
            running.first_calls()?;
        }
        Ok(running)
    }

    fn made(model: &Model, device: Device, threads: usize) -> Result<Self> {
        let threads = c_int::try_from(threads).unwrap_or(1);
        let _threads = Threads::set(threads);
        let _state = Fresh::recording(false)?;
        let _stream = Stream::on(device)?;
        // Made first and so dropped last: also a load that fails half-way gives its memory back.
        let cache = Cache(device);
        let network = folded::new(model, device).map_err(explain)?;
        Ok(Self {
            image_size: model.meta.image_size,
            latents: model.meta.latents,
            broad_keep: model.meta.broad_keep,
            extras: model.meta.extras.clone(),
            device,
            threads,
            state: Mutex::new(State { network, last: None }),
            _cache: cache,
        })
    }

    /// One call of each kind, for nothing. A GPU that lacks the memory to compute, or whose libraries refuse, fails here, where
    /// `auto` can still take the CPU; and what a first use sets up in the process is part of the load.
    pub(super) fn first_calls(&self) -> Result<()> {
        let plane = self.image_size * self.image_size;
        let (mut latents, mut image) = (vec![0.0; self.latents], vec![0.0; 3 * plane]);
        self.encode_into(&image, &mut latents)?;
        latents.fill(0.0);
        self.decode_into(&latents, &mut image)?;
        let aim = self.aim_at(&vec![1.0; plane], &vec![0.0; 3 * plane])?;
        self.pull_into(&aim, &latents, &mut vec![0.0; self.latents])?;
        // Its memory is an edit's to use.
        self.state.lock().unwrap_or_else(PoisonError::into_inner).last = None;
        Ok(())
    }

    /// See [`Generator::encode`].
    ///
    /// # Errors
    /// If a length is wrong or libtorch fails.
    pub fn encode_into(&self, image: &[f32], latents: &mut [f32]) -> Result<()> {
        let side = self.image_size as i64;
        self.run(false, |state| {
            let image = self.upload(image, &[1, 3, side, side])?;
            Ok(download(&state.network.encode(&image)?, latents)?)
        })
    }

    /// See [`Generator::decode`].
    ///
    /// # Errors
    /// If a length is wrong or libtorch fails.
    pub fn decode_into(&self, latents: &[f32], image: &mut [f32]) -> Result<()> {
        self.run(true, |state| Ok(download(&self.decoded(state, latents)?.image, image)?))
    }

    /// See [`Generator::aim`].
    ///
    /// # Errors
    /// If the lengths do not add up to four planes, or libtorch fails. (The library has checked each.)
    pub fn aim_at(&self, weight: &[f32], colour: &[f32]) -> Result<Aim> {
        let side = self.image_size as i64;
        // Summed here and in f64: one number less to wait for.
        let total = 3.0 * weight.iter().map(|w| f64::from(*w)).sum::<f64>();
        self.run(false, |_| {
            // One upload: the weights, then the colours.
            let both = self.upload(&[weight, colour].concat(), &[1, 4, side, side])?;
            Ok(Aim { weight: both.f_narrow(1, 0, 1)?, colour: both.f_narrow(1, 1, 3)?, total })
        })
    }

    /// See [`Generator::pull`]; answers the loss. The gradient goes to the latents only: weights record none. One upload, of the
    /// latents, and one download, of the answer: the only time that a call waits for the device.
    ///
    /// # Errors
    /// If a length is wrong or libtorch fails.
    pub fn pull_into(&self, aim: &Aim, latents: &[f32], gradient: &mut [f32]) -> Result<f32> {
        self.run(true, |state| {
            let decoded = self.decoded(state, latents)?;
            let off = decoded.image.f_sub(&aim.colour)?.f_square()?.f_mul(&aim.weight)?;
            // Its sum in f64, as npe's own engine has it: the solver compares losses that are nearly the same.
            let loss = off.f_sum(Kind::Double)?.f_div_scalar(aim.total)?;
            let slopes = Tensor::f_run_backward(&[&loss], &[&decoded.latents], true, false)?;
            let slope = slopes.first().ok_or_else(|| TchError::Torch("autograd gave no gradient".into()))?;
            let loss = loss.f_detach()?.f_to_kind(Kind::Float)?.f_reshape([1])?;
            let answer = Tensor::f_cat(&[loss, slope.f_reshape([-1])?], 0)?;
            let mut values = vec![0.0; 1 + gradient.len()];
            download(&answer, &mut values)?;
            gradient.copy_from_slice(&values[1..]);
            Ok(values[0])
        })
    }

    fn pull_at(&self, aim: &Aim, latents: &[f32]) -> Result<Pull> {
        check_values("latents", latents, self.latents)?;
        let mut gradient = vec![0.0; self.latents];
        let loss = self.pull_into(aim, latents, &mut gradient)?;
        Ok(Pull { loss, gradient })
    }

    /// Runs a call alone, with or without recording gradients, on this network's threads.
    fn run<T>(&self, record: bool, call: impl FnOnce(&mut State) -> crate::error::Result<T>) -> Result<T> {
        // A panic leaves no half-made state: `last` is set when it is whole.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let _threads = Threads::set(self.threads);
        let _state = Fresh::recording(record)?;
        let _stream = Stream::on(self.device)?;
        let _exact = Exact::on(self.device)?;
        let answer = call(&mut state).map_err(explain);
        if answer.is_err() {
            // It may hold what is in the way.
            state.last = None;
        }
        answer
    }

    fn decoded<'a>(&self, state: &'a mut State, values: &[f32]) -> crate::error::Result<&'a Decoded> {
        let same = |d: &Decoded| {
            d.values.len() == values.len()
                && d.values.iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        let kept = state.last.take().filter(same);
        let decoded = match kept {
            Some(decoded) => decoded,
            None => {
                let sent = on_host(values, &[1, self.latents as i64])?;
                let latents = self.send(&sent, true)?.f_set_requires_grad(true)?;
                let image = state.network.decode(&latents)?;
                Decoded { values: values.to_vec(), latents, _sent: sent, image }
            }
        };
        Ok(state.last.insert(decoded))
    }

    /// Waits until the values have been read: nobody keeps them.
    fn upload(&self, values: &[f32], shape: &[i64]) -> Result<Tensor, TchError> {
        self.send(&on_host(values, shape)?, false)
    }

    /// Copies to the device. Where that is not waited for, CUDA may read the values later still: they must be kept until a
    /// download has ended.
    fn send(&self, values: &Tensor, unwaited: bool) -> Result<Tensor, TchError> {
        #[cfg(test)]
        super::traffic::uploaded(values.numel());
        values.f_to_device_(self.device, Kind::Float, unwaited, false)
    }
}

/// For use within this package; npe itself calls the table.
impl Generator for Running {
    fn image_size(&self) -> usize {
        self.image_size
    }

    fn latents(&self) -> usize {
        self.latents
    }

    fn broad_keep(&self) -> f32 {
        self.broad_keep
    }

    fn response(&self) -> Option<&Response> {
        self.extras.response.as_deref()
    }

    fn attributes(&self) -> &[Attribute] {
        &self.extras.attributes
    }

    fn encode(&self, image: &[f32]) -> Result<Vec<f32>> {
        check_values("image", image, 3 * self.image_size * self.image_size)?;
        let mut latents = vec![0.0; self.latents];
        self.encode_into(image, &mut latents)?;
        Ok(latents)
    }

    fn decode(&self, latents: &[f32]) -> Result<Vec<f32>> {
        check_values("latents", latents, self.latents)?;
        let mut image = vec![0.0; 3 * self.image_size * self.image_size];
        self.decode_into(latents, &mut image)?;
        Ok(image)
    }

    fn pull(&self, latents: &[f32], target: &Target<'_>) -> Result<Pull> {
        target.check(self.image_size)?;
        self.pull_at(&self.aim_at(target.weight, target.colour)?, latents)
    }

    fn aim<'a>(&'a self, target: Target<'a>) -> Result<Box<dyn Aimed + 'a>> {
        target.check(self.image_size)?;
        let aim = self.aim_at(target.weight, target.colour)?;
        Ok(Box::new(InOne::new(move |latents: &[f32]| self.pull_at(&aim, latents))))
    }
}

fn on_host(values: &[f32], shape: &[i64]) -> Result<Tensor, TchError> {
    Tensor::f_from_slice(values)?.f_view(shape)
}

/// Copies a tensor's values out; their number must be right.
fn download(from: &Tensor, to: &mut [f32]) -> Result<(), TchError> {
    #[cfg(test)]
    super::traffic::downloaded(to.len());
    if from.numel() != to.len() {
        return Err(TchError::Shape(format!("{} values where {} are wanted", from.numel(), to.len())));
    }
    from.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?.f_copy_data(to, to.len())
}

/// A small computation on a device: a convolution and a gradient, as the networks need them.
///
/// # Errors
/// With what libtorch said, or if the numbers are wrong.
pub fn probe(device: Device) -> Result<()> {
    let _state = Fresh::recording(true)?;
    let _stream = Stream::on(device)?;
    let slope = || -> Result<f64, TchError> {
        let x = Tensor::f_ones([1, 1, 4, 4], (Kind::Float, device))?.f_set_requires_grad(true)?;
        let weight = Tensor::f_ones([1, 1, 3, 3], (Kind::Float, device))?;
        let y = x.f_conv2d(&weight, None::<&Tensor>, [1, 1], [1, 1], [1, 1], 1)?.f_sum(Kind::Float)?;
        let slopes = Tensor::f_run_backward(&[&y], &[&x], false, false)?;
        let slope = slopes.first().ok_or_else(|| TchError::Torch("autograd gave no gradient".into()))?;
        f64::try_from(slope.f_sum(Kind::Float)?)
    };
    // Each of the 16 pixels counts once for each output that sees it: 100 in all.
    match slope() {
        Ok(found) if (found - 100.0).abs() < 0.5 => Ok(()),
        Ok(found) => Err(Error::new(
            ErrorKind::Device,
            format!("{device:?} computes wrong numbers: {found} where 100 is right; update its driver"),
        )),
        Err(e) => Err(explain(e.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptying_a_cache_that_is_not_there_is_refused_not_fatal() {
        if !tch::Cuda::is_available() {
            // SAFETY: as in `Cache`.
            assert_eq!(unsafe { npe_torch_empty_cuda_cache() }, 1);
            drop(Cache(Device::Cuda(0)));
        }
    }
}
