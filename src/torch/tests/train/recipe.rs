//! Recipes: what is shipped, and what is refused.

use super::{INTROSPECTIVE, SEPARATE, text};
use npe_torch::train::recipe::{AdversaryKind, Frozen, Norms, Recipe};
use std::path::Path;

#[test]
fn shipped_recipes_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/recipes");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let recipe = Recipe::read(&path).unwrap_or_else(|e| panic!("{e}"));
            // A checkpoint keeps it as JSON, a card prints it as TOML.
            let json = serde_json::to_string(&recipe).unwrap();
            assert_eq!(serde_json::from_str::<Recipe>(&json).unwrap(), recipe);
            assert_eq!(Recipe::parse(&toml::to_string(&recipe).unwrap()).unwrap(), recipe);
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn what_is_wrong_is_told() {
    for (from, to, part) in [
        ("rate = 2e-3", "rate = 2e-3\nspeed = 3", "speed"),
        ("rate = 2e-3", "rate = 1e9", "train.rate is 1000000000; it must be 0 to 1"),
        ("rate = 2e-3", "rate = nan", "train.rate is NaN"),
        ("rate = 2e-3", "", "missing field `rate`"),
        ("batch = 8", "batch = 1", "train.batch is 1; it must be 2 to 4096"),
        ("batch = 8", "batch = -8", "-8"),
        ("width = 4", "width = 0", "network.width is 0"),
        ("image_size = 32", "image_size = 48", "image_size is 48"),
        ("\"ian-simple\"", "\"gan\"", "network.architecture is \"gan\""),
        ("pixel = 500", "pixel = -1", "loss.pixel is -1"),
        ("held_out = 8", "held_out = 8\nmirror = 2.0", "data.mirror is 2"),
        ("held_out = 8", "held_out = 8\nmirror = 0.1\n[augment]\nmirror = 0.2", "put mirror into [augment]"),
        ("[model]", "[augment]\nshift = 90\n[model]", "shift is 90"),
        ("[model]", "[augment]\ntwist = 9\n[model]", "twist"),
        ("kind = \"separate\"", "kind = \"friendly\"", "friendly"),
        ("rate = 1e-3", "rate = 0", "adversary.rate is 0"),
        ("width = 8\n", "width = 10\n", "adversary.width is 10; it must be a multiple of 4"),
        ("\"CC0-1.0\"", "\"\"", "model.licence is \"\""),
        ("eyes = [11.52,", "eyes = [30.0,", "left one at least 1 pixel left"),
        (
            "rate = 2e-3",
            "rate = 2e-3\nfrozen = \"decoder\"",
            "only the decoder learns from; leave one of them out",
        ),
        ("rate = 2e-3", "rate = 2e-3\nnorms = \"none\"", "norms"),
        ("pixel = 500", "pixel = 500\ndrawn = 1.5", "loss.drawn is 1.5; it must be 0 to 1"),
        ("pixel = 500", "pixel = 500\ncycle = -1", "loss.cycle is -1"),
        ("pixel = 500", "pixel = 500\nfocus = [[8, 20, 2]]", "focus"),
        (
            "pixel = 500",
            "pixel = 500\nfocus = [[33, 20, 2, 4]]",
            "loss.focus[0], x, is 33; it must be 0 to 32",
        ),
        ("pixel = 500", "pixel = 500\nfocus = [[8, -1, 2, 4]]", "loss.focus[0], y, is -1"),
        (
            "pixel = 500",
            "pixel = 500\nfocus = [[8, 20, 2, 4], [8, 20, 0.1, 4]]",
            "loss.focus[1], radius, is 0.1",
        ),
        (
            "pixel = 500",
            "pixel = 500\nfocus = [[8, 20, 2, 0.5]]",
            "loss.focus[0], times, is 0.5; it must be 1 to 100",
        ),
        ("[model]", "[model]\nbroad_keep = 0.5", "model.broad_keep is 0.5; it must be 1 to 256"),
        ("[model]", "[model]\nbroad_keep = 257", "model.broad_keep is 257; it must be 1 to 256"),
        ("[model]", "[model]\nbroad_keep = nan", "model.broad_keep is NaN"),
        ("[train]", "[train", "TOML"),
    ] {
        let good = text(32, SEPARATE);
        assert!(good.contains(from), "{from}");
        let e = Recipe::parse(&good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(e.contains(part), "{to}: {e}");
    }
    let full = text(32, "[ian]\nflow_hidden = 8\nkernels = 0").replacen("ian-simple", "ian", 1);
    Recipe::parse(&full).unwrap();
    for (from, to, part) in [
        ("\"ian\"", "\"ian-simple\"", "there is a table [ian], but network.architecture is \"ian-simple\""),
        ("flow_hidden = 8", "flow_hidden = 9", "ian.flow_hidden is 9; it must be 1 to network.latents, 8"),
        ("flow_hidden = 8", "flow_hidden = 0", "ian.flow_hidden is 0"),
        ("flow_hidden = 8", "flow_hidden = 8\nflow = false", "ian.flow_hidden is set, but ian.flow is false"),
        ("flow_hidden = 8", "flow = 1", "invalid type"),
        ("kernels = 0", "kernels = 4001", "ian.kernels is 4001; it must be 0 to 4000"),
        ("kernels = 0", "kernels = -1", "-1"),
        ("kernels = 0", "kernel_size = 0", "ian.kernel_size is 0; it must be 1 to 40"),
        ("kernels = 0", "heads = 3", "heads"),
    ] {
        assert!(full.contains(from), "{from}");
        let e = Recipe::parse(&full.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(e.contains(part), "{to}: {e}");
    }
    let game = text(32, INTROSPECTIVE).replacen("pixel = 500", "pixel = 500\ncycle = 1", 1);
    let e = Recipe::parse(&game).unwrap_err().to_string();
    assert!(e.contains("loss.cycle is not for adversary.kind = \"introspective\""), "{e}");
    let e = Recipe::read(Path::new("no-such.toml")).unwrap_err().to_string();
    assert!(e.contains("no-such.toml"), "{e}");
}

/// A checkpoint of an npe-train that knew fewer settings.
#[test]
fn old_recipes_are_read() {
    let json = r#"{"network":{"architecture":"ian-simple","width":48,"hidden":512,"latents":192,"image_size":64},
        "norm_latents":false,"data":{"source":"faces.tar","crop":[14,14,100],"held_out":500,"mirror":0.5},
        "train":{"images":500000,"batch":32,"rate":0.001,"warm_up":10000,"decay_from":0.3,"final_rate":0.05,
        "betas":[0.9,0.99],"weight_decay":0.0,"clip":0.0,"ema":0.998,"seed":0},
        "loss":{"pixel":9000.0,"pyramid":0.0,"feature":0.0,"kl":1.0,"free_nats":0.0,"penalty":0.0},
        "adversary":{"kind":"none","weight":0.0,"from":0,"ramp":0,"rate":0.0,"width":0,"r1":0.0},
        "model":{"name":"faces","trained_on":"photos","licence":"x","eyes":[22.9,32.6,41.1,32.6]}}"#;
    let recipe: Recipe = serde_json::from_str(json).unwrap();
    assert_eq!((recipe.augment, recipe.adversary.kind), (None, AdversaryKind::None));
    assert_eq!(recipe.ian, None);
    assert_eq!((recipe.train.frozen, recipe.train.norms), (Frozen::Nothing, Norms::Batch));
    assert_eq!((recipe.loss.drawn, recipe.loss.cycle), (1.0, 0.0));
    assert_eq!(recipe.model.broad_keep, 2.25);
}

/// The step size grows over `warm_up` and falls along a cosine from `decay_from` on.
#[test]
fn the_pace_is_as_told() {
    let mut r = Recipe::parse(&text(32, "")).unwrap();
    let t = &mut r.train;
    (t.images, t.warm_up, t.decay_from, t.final_rate) = (1000, 100, 0.5, 0.2);
    for (seen, wanted) in [(0, 0.01), (49, 0.5), (100, 1.0), (500, 1.0), (750, 0.6), (1000, 0.2), (2000, 0.2)]
    {
        super::near(r.pace(seen), wanted);
    }
}
