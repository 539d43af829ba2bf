//! Plain, slow mathematics in f64 for the tests: arrays, convolution, differences. Nothing here uses libtorch to
//! compute.

use tch::{Device, Kind, Tensor};

/// A dense array, row-major.
#[derive(Debug, Clone)]
pub struct Plain {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

/// N(0, 1) in f64 from torch's generator.
pub fn random(shape: &[usize]) -> Tensor {
    let shape: Vec<i64> = shape.iter().map(|n| *n as i64).collect();
    Tensor::randn(shape, (Kind::Double, Device::Cpu))
}

impl Plain {
    pub fn zeros(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), values: vec![0.0; shape.iter().product()] }
    }

    pub fn of(tensor: &Tensor) -> Self {
        let shape = tensor.size().iter().map(|n| *n as usize).collect();
        let flat = tensor.detach().to_kind(Kind::Double).contiguous().view(-1);
        Self { shape, values: Vec::try_from(flat).unwrap() }
    }

    pub fn tensor(&self) -> Tensor {
        let shape: Vec<i64> = self.shape.iter().map(|n| *n as i64).collect();
        Tensor::from_slice(&self.values).view(&shape[..])
    }

    fn place(&self, index: &[usize]) -> usize {
        assert_eq!(index.len(), self.shape.len());
        index.iter().zip(&self.shape).fold(0, |place, (i, n)| {
            assert!(i < n);
            place * n + i
        })
    }

    pub fn at(&self, index: &[usize]) -> f64 {
        self.values[self.place(index)]
    }

    pub fn at_mut(&mut self, index: &[usize]) -> &mut f64 {
        let place = self.place(index);
        &mut self.values[place]
    }

    pub fn map(mut self, f: impl Fn(f64) -> f64) -> Self {
        self.values.iter_mut().for_each(|v| *v = f(*v));
        self
    }

    pub fn plus(mut self, other: &Self) -> Self {
        assert_eq!(self.shape, other.shape);
        self.values.iter_mut().zip(&other.values).for_each(|(a, b)| *a += b);
        self
    }

    pub fn dot(&self, other: &Self) -> f64 {
        assert_eq!(self.shape, other.shape);
        self.values.iter().zip(&other.values).map(|(a, b)| a * b).sum()
    }

    /// Stride 1, odd kernel `[N, C, k, k]`, zeros around so that height and width stay.
    pub fn convolved(&self, kernel: &Self) -> Self {
        let [batch, channels, height, width] = self.shape[..] else { panic!("{:?}", self.shape) };
        let (filters, side) = (kernel.shape[0], kernel.shape[2]);
        let mut out = Self::zeros(&[batch, filters, height, width]);
        for b in 0..batch {
            for n in 0..filters {
                for y in 0..height {
                    for x in 0..width {
                        let mut sum = 0.0;
                        for c in 0..channels {
                            for ky in 0..side {
                                for kx in 0..side {
                                    let (sy, sx) = (y + ky, x + kx);
                                    let reach = side / 2;
                                    let inside = sy >= reach
                                        && sx >= reach
                                        && sy - reach < height
                                        && sx - reach < width;
                                    if inside {
                                        sum += self.at(&[b, c, sy - reach, sx - reach])
                                            * kernel.at(&[n, c, ky, kx]);
                                    }
                                }
                            }
                        }
                        *out.at_mut(&[b, n, y, x]) = sum;
                    }
                }
            }
        }
        out
    }

    /// Panics unless the tensor has this shape and these values to within `most`.
    #[track_caller]
    pub fn close_to(&self, tensor: &Tensor, most: f64) {
        let other = Self::of(tensor);
        assert_eq!(self.shape, other.shape);
        let off = self.values.iter().zip(&other.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let size = self.values.iter().map(|v| v.abs()).fold(1.0, f64::max);
        assert!(off <= most * size, "off by {off}, the largest value is {size}");
        assert!(other.values.iter().all(|v| v.is_finite()));
    }
}

/// The gradient of `f` at `point` by central differences of step `step`.
pub fn differences(point: &Plain, step: f64, f: impl Fn(&Plain) -> f64) -> Plain {
    let mut gradient = Plain::zeros(&point.shape);
    for i in 0..point.values.len() {
        let at = |offset: f64| {
            let mut moved = point.clone();
            moved.values[i] += offset;
            f(&moved)
        };
        gradient.values[i] = (at(step) - at(-step)) / (2.0 * step);
    }
    gradient
}
