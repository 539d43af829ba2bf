//! From a model file back to a network in training: the way of [`super::export`] backwards. Batch norm was folded into the
//! weights and is there again as the norm that changes nothing. Calls the network's tensors and `npe::model`.

use super::export::{encoder, simple_decoder};
use super::recipe::{Norms, Recipe};
use crate::error::{Error, Result};
use crate::ian::folded::Weights;
use crate::ian::layers::NORM_EPS;
use crate::ian::{Params, Sizes, stages};
use npe::model::{ARCHITECTURE, Model};
use std::collections::BTreeMap;
use tch::Tensor;

/// What a model file does not tell, the posterior's log σ, begins as this: about the mean of one that carries 160 nats in 192
/// latents.
const LOG_SIGMA: f64 = -1.0;

/// All tensors of the recipe's network, as the model has them. What it does not have stays as in `fresh`: a discriminator's
/// head; log σ is the same for every image at first.
///
/// # Errors
/// If the model is of another network than the recipe's, or of one that can't be unfolded; if the recipe would have batch norm
/// go by its batches, which a folded one can't; if memory is short.
pub fn tensors(model: &Model, recipe: &Recipe, fresh: &Params) -> Result<BTreeMap<String, Tensor>> {
    check(model, recipe)?;
    same_network(model, recipe)?;
    let _guard = tch::no_grad_guard();
    let weights = Weights::new(model, ARCHITECTURE, fresh.device())?;
    let mut all: BTreeMap<String, Tensor> = fresh.all().into_iter().collect();
    let stages = stages(recipe.network.image_size)?;
    for place in encoder(stages, recipe.norm_latents).into_iter().chain(simple_decoder(stages)) {
        let layer = weights.layer(&place.layer)?;
        all.insert(format!("{}.weight", place.layer), layer.weight);
        match place.norm {
            Some(norm) => all.extend(identity(&norm, layer.bias)?),
            None => _ = all.insert(format!("{}.bias", place.layer), layer.bias),
        }
    }
    let name = "enc.logsigma";
    let weight = fresh.get(&format!("{name}.weight"))?;
    let bias = Tensor::f_full([weight.size()[0]], LOG_SIGMA, (weight.f_kind()?, weight.device()))?;
    all.insert(format!("{name}.weight"), weight.f_zeros_like()?);
    if recipe.norm_latents {
        all.extend(identity("enc.norm_logsigma", bias)?);
    } else {
        all.insert(format!("{name}.bias"), bias);
    }
    Ok(all)
}

/// The batch norm that adds `shift` and nothing else, by its averaged figures.
fn identity(norm: &str, shift: Tensor) -> Result<[(String, Tensor); 4]> {
    let name = |part: &str| format!("{norm}.{part}");
    let ones = shift.f_ones_like()?;
    Ok([
        (name("mean"), shift.f_zeros_like()?),
        (name("variance"), ones.f_sub_scalar(NORM_EPS)?),
        (name("weight"), ones),
        (name("bias"), shift),
    ])
}

fn check(model: &Model, recipe: &Recipe) -> Result<()> {
    let m = &model.meta;
    if m.architecture != ARCHITECTURE {
        return Err(Error::told(format!(
            "the model is of architecture {:?}; a training begins with model files of {ARCHITECTURE:?} only, with others from a \
             checkpoint",
            m.architecture
        )));
    }
    if recipe.train.norms != Norms::Fixed {
        return Err(Error::told(
            "the model has its batch norm folded into the weights; set train.norms = \"fixed\" in the recipe",
        ));
    }
    Ok(())
}

/// Checks that a model is of the recipe's network.
///
/// # Errors
/// If it is not, with the sizes of both.
pub fn same_network(model: &Model, recipe: &Recipe) -> Result<()> {
    let m = &model.meta;
    let own = Sizes {
        architecture: m.architecture.clone(),
        width: m.width,
        hidden: m.hidden,
        latents: m.latents,
        image_size: m.image_size,
    };
    if own != recipe.network {
        let told = |s: &Sizes| {
            format!(
                "{:?} of width {}, hidden {}, {} latents, {} pixels",
                s.architecture, s.width, s.hidden, s.latents, s.image_size
            )
        };
        return Err(Error::told(format!(
            "the model is {}; the recipe's network is {}",
            told(&own),
            told(&recipe.network)
        )));
    }
    Ok(())
}
