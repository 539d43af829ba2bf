//! The adversarial losses of the introspective game, for a discriminator of one class (IAN-simple) or of three (§3.3).

use crate::error::Result;
use crate::ian::blocks::adversarial as losses;
use tch::Tensor;

/// What the discriminator makes small, from logits `[N, 1]` or `[N, 3]`.
///
/// # Errors
/// If shapes do not fit or memory is short.
pub fn discriminator(real: &Tensor, made: &Tensor, dreamt: &Tensor) -> Result<Tensor> {
    if real.size()[1] == 1 {
        losses::binary_discriminator(real, made, dreamt)
    } else {
        losses::ternary_discriminator(real, made, dreamt)
    }
}

/// What the decoder makes small: both kinds taken for real.
///
/// # Errors
/// As [`discriminator`].
pub fn generator(made: &Tensor, dreamt: &Tensor) -> Result<Tensor> {
    if made.size()[1] == 1 {
        losses::binary_generator(made, dreamt)
    } else {
        losses::ternary_generator(made, dreamt)
    }
}

#[cfg(test)]
mod tests {
    use crate::train::{recipe::Recipe, step::Learner};
    use tch::{Device, Kind, Tensor};

    fn learner(kind: &str) -> Learner {
        let recipe = Recipe::parse(&format!(
            r#"
            norm_latents = true
            [network]
            architecture = "ian"
            width = 2
            hidden = 8
            latents = 4
            image_size = 32
            [data]
            source = "none"
            held_out = 1
            [train]
            images = 1000
            batch = 4
            rate = 0.001
            [loss]
            pixel = 10.0
            feature = 1.0
            penalty = 0.001
            [adversary]
            kind = "{kind}"
            weight = 1.0
            rate = 0.001
            width = 8
            [model]
            name = "test"
            trained_on = "nothing"
            licence = "CC0-1.0"
            eyes = [10.0, 12.0, 20.0, 12.0]
            "#
        ));
        Learner::new(&recipe.unwrap(), Device::Cpu).unwrap()
    }

    #[test]
    fn full_networks_learn_in_every_game() {
        for kind in ["none", "introspective", "separate"] {
            let mut learner = learner(kind);
            let x = Tensor::rand([4, 3, 32, 32], (Kind::Float, Device::Cpu)) * 2.0 - 1.0;
            let before: Vec<(String, Tensor)> =
                (learner.network.params().all().into_iter()).map(|(name, t)| (name, t.copy())).collect();
            for _ in 0..2 {
                let figures = learner.step(&x).unwrap();
                assert!(figures.values().all(|v| v.is_finite()), "{kind}: {figures:?}");
            }
            for (name, old) in before {
                let moved = !old.equal(learner.network.params().get(&name).unwrap());
                // The discriminator's head learns in its own game only; the flow never.
                let fixed =
                    name.starts_with("iaf.") || (name.starts_with("disc.") && kind != "introspective");
                assert_eq!(moved, !fixed, "{kind}: {name}");
            }
        }
    }
}
