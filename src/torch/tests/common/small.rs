//! A small network to export, for the library's own tests and those in this folder: whoever includes this has [`Network`] and
//! [`Recipe`].

use super::{Network, Recipe};

/// The recipe of a network of width 4.
pub fn recipe(architecture: &str, image_size: usize) -> Recipe {
    Recipe::parse(&format!(
        r#"
        [network]
        architecture = "{architecture}"
        width = 4
        hidden = 24
        latents = 9
        image_size = {image_size}
        [data]
        source = "none"
        held_out = 1
        [train]
        images = 1
        batch = 2
        rate = 0.001
        [loss]
        pixel = 1.0
        [model]
        name = "test"
        trained_on = "nothing"
        licence = "CC0-1.0"
        eyes = [10.0, 12.0, 20.0, 12.0]
        "#
    ))
    .unwrap()
}

/// Gives every parameter a value of its own, and batch norm running figures as after training, so that whatever is forgotten
/// or swapped shows.
pub fn disturb(network: &mut dyn Network) {
    let _guard = tch::no_grad_guard();
    for (name, mut t) in network.params().all() {
        if name.contains("mask") {
            continue;
        }
        let noise = t.randn_like();
        let new = if name.ends_with(".variance") {
            noise.abs() + 0.5
        } else if name.ends_with(".weight") && t.dim() == 1 {
            noise * 0.3 + 1.0
        } else if t.dim() == 1 || name.ends_with(".scales") {
            &t + noise * 0.2
        } else if t.dim() == 4 {
            let inputs = if name.starts_with("dec.deconv") || name.starts_with("dec.out") {
                t.size()[0] as f64 * 6.0
            } else {
                (t.numel() as i64 / t.size()[0]) as f64
            };
            noise * (2.0 / inputs).sqrt()
        } else if name.starts_with("iaf.") {
            &t * 0.4
        } else {
            noise * (1.0 / t.size()[1] as f64).sqrt()
        };
        t.copy_(&new);
    }
}
