//! A model file from strangers: it is refused with a sentence, or it is a network that works.

use npe::ErrorKind;
use npe::cpu::CpuGenerator;
use npe::generator::Generator;
use npe::model::Model;

/// Weights up to which a network is run: more is slow, not different.
const SMALL: usize = 1 << 17;
/// The longest body that is made up for a header.
const BODY: u64 = 1 << 18;

/// Takes the data for a file; if they are JSON, also for the header of one whose body is as long as it should be.
pub fn run(data: &[u8]) {
    read(data);
    if let Some(file) = file_of(data) {
        read(&file);
    }
}

fn file_of(header: &[u8]) -> Option<Vec<u8>> {
    let json: serde_json::Value = serde_json::from_slice(header).ok()?;
    let ends = json.as_object()?.values().filter_map(|t| t.get("data_offsets")?.get(1)?.as_u64());
    let body = ends.max()?.min(BODY) as usize;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.resize(file.len() + body, 0);
    Some(file)
}

fn read(file: &[u8]) {
    let model = match Model::from_bytes(file) {
        Ok(model) => model,
        Err(e) => {
            assert!(matches!(e.kind(), ErrorKind::Model | ErrorKind::Limit), "{:?}: {e}", e.kind());
            assert!(e.to_string().len() > 10, "{e}");
            return;
        }
    };
    assert_eq!(model.sha256().len(), 64);
    let again = Model::from_bytes(&model.to_bytes(model.dtype()).unwrap()).unwrap();
    assert_eq!(again.meta.name, model.meta.name);
    let weights: usize = model.meta.tensors().iter().map(|(_, s)| s.iter().product::<usize>()).sum();
    if weights > SMALL || !CpuGenerator::runs(&model.meta.architecture) {
        return;
    }
    let engine = CpuGenerator::new(&model, 1).unwrap();
    let side = engine.image_size();
    // Finite weights may still be large enough to overflow on the way; that is told, not decoded into nonsense.
    if let Ok(image) = engine.decode(&vec![0.5; engine.latents()]) {
        assert_eq!(image.len(), 3 * side * side);
    }
    let _ = engine.encode(&vec![0.25; 3 * side * side]);
}
