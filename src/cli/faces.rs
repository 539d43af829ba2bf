//! `npe faces`: where the faces are.

use crate::read;
use crate::report::{Outcome, Result, print, print_json};
use npe::model::Model;
use npe::photo;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

/// List the faces of a photo, largest first, as frames that --frame takes
#[derive(clap::Args)]
pub struct Args {
    /// The photo
    photo: PathBuf,
    /// The npe-model file whose frames are wanted; without it the bundled model's are
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let (pixels, _) = read::photo(&args.photo)?;
    let model = args.model.as_deref().map_or_else(Model::bundled, Model::open)?;
    let faces = photo::find_with(&pixels, model.aligner())?;
    if args.json {
        let faces: Vec<_> = faces
            .iter()
            .map(|f| {
                let r = f.frame;
                json!({"cx": r.cx, "cy": r.cy, "side": r.side, "angle": r.angle, "score": f.score})
            })
            .collect();
        let (width, height) = (pixels.width(), pixels.height());
        print_json(
            &json!({"photo": args.photo.to_string_lossy(), "width": width, "height": height, "faces": faces}),
        )?;
        return Ok(Outcome::Done);
    }
    if faces.is_empty() {
        return Err(photo::no_face_error().into());
    }
    let mut text = String::new();
    for (i, face) in faces.iter().enumerate() {
        let f = face.frame;
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{}: --frame {:.1},{:.1},{:.1},{:.1}  (score {:.1})",
            i + 1,
            f.cx,
            f.cy,
            f.side,
            f.angle,
            face.score
        );
    }
    print(&text)?;
    Ok(Outcome::Done)
}
