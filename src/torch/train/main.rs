//! `npe-train`: trains, measures and exports npe's networks.

fn main() {}
