//! Writes an npe-model file again with weights of another type: `cargo run --example convert_model -- IN f16|f32 OUT`.

use npe::model::{Dtype, Model};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [input, dtype, output] = &arguments[..] else {
        return Err("usage: convert_model IN f16|f32 OUT".into());
    };
    let dtype = match dtype.as_str() {
        "f16" => Dtype::F16,
        "f32" => Dtype::F32,
        other => return Err(format!("{other} is no weight type; use f16 or f32").into()),
    };
    let bytes = Model::open(input.as_ref())?.to_bytes(dtype)?;
    std::fs::write(output, &bytes)?;
    println!("{}  {output}", Model::from_bytes(&bytes)?.sha256());
    Ok(())
}
