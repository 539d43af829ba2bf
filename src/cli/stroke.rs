//! `--stroke "x,y x,y …;radius=R;color=#rrggbb[;hardness=H][;pressure=P][;mode=M]"`.

use npe::brush::{Dab, Mode, Stroke};
use npe::photo::Frame;
use npe::{Error, Result};

/// In which units a stroke of the command line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum At {
    /// Photo pixels from its top left, as the photo is seen upright.
    Photo,
    /// Units of the face frame: 0 to 1 from its top left; the radius is a share of its side.
    Face,
}

const SYNTAX: &str = "a stroke is \"x,y x,y …;radius=R;color=#rrggbb\", then if wanted \";hardness=0..1\", \
                      \";pressure=0..1\", \";mode=color|lighten|darken|restore\"";

fn wrong(text: &str, why: impl std::fmt::Display) -> Error {
    Error::invalid(format!("the stroke {text:?}: {why}; {SYNTAX}"))
}

/// Reads a stroke.
///
/// # Errors
/// With the part that can't be read.
pub fn parse(text: &str) -> Result<Stroke> {
    let mut parts = text.split(';').map(str::trim);
    let points = parts.next().unwrap_or_default();
    let number = |name: &str, v: &str| {
        v.trim().parse::<f32>().map_err(|_| wrong(text, format!("{name} is {v:?}, not a number")))
    };
    let (mut radius, mut color, mut hardness, mut pressure, mut mode) = (None, None, 0.5, 1.0, Mode::Color);
    for part in parts.filter(|p| !p.is_empty()) {
        let (name, value) =
            part.split_once('=').ok_or_else(|| wrong(text, format!("{part:?} is not name=value")))?;
        match name.trim() {
            "radius" => radius = Some(number("radius", value)?),
            "hardness" => hardness = number("hardness", value)?,
            "pressure" => pressure = number("pressure", value)?,
            "color" | "colour" => {
                color =
                    Some(hex(value.trim()).ok_or_else(|| wrong(text, format!("{value:?} is not a colour")))?);
            }
            "mode" => {
                mode = match value.trim() {
                    "color" | "colour" => Mode::Color,
                    "lighten" => Mode::Lighten,
                    "darken" => Mode::Darken,
                    "restore" => Mode::Restore,
                    other => return Err(wrong(text, format!("the mode {other:?} is not known"))),
                }
            }
            other => return Err(wrong(text, format!("{other:?} is not known"))),
        }
    }
    let radius = radius.ok_or_else(|| wrong(text, "it has no radius"))?;
    if color.is_none() && mode == Mode::Color {
        return Err(wrong(text, "it has no color"));
    }
    let mut dabs = Vec::new();
    for point in points.split_whitespace() {
        let pair = point.split_once(',');
        let (x, y) = pair.ok_or_else(|| wrong(text, format!("{point:?} is not a point x,y")))?;
        dabs.push(Dab { x: number("x", x)?, y: number("y", y)?, radius, hardness, pressure });
    }
    let stroke = Stroke { mode, color: color.unwrap_or_default(), dabs };
    stroke.check()?;
    Ok(stroke)
}

fn hex(text: &str) -> Option<[f32; 3]> {
    let digits = text.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let n = u32::from_str_radix(digits, 16).ok()?;
    Some([n >> 16, n >> 8, n].map(|c| (c & 255) as f32 / 255.0))
}

/// The stroke in photo pixels.
pub fn place(stroke: &Stroke, at: At, frame: &Frame) -> Stroke {
    match at {
        At::Photo => stroke.clone(),
        At::Face => stroke.placed(frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_read() {
        let s = parse("1,2 3.5,-4;radius=5;color=#ff8000;hardness=0.25;pressure=0.5;mode=color").unwrap();
        assert_eq!(s.dabs[1], Dab { x: 3.5, y: -4.0, radius: 5.0, hardness: 0.25, pressure: 0.5 });
        assert_eq!(s.color, [1.0, 128.0 / 255.0, 0.0]);
        assert_eq!(parse("1,2;radius=5;mode=darken").unwrap().mode, Mode::Darken);
    }

    #[test]
    fn the_measured_strokes_are_these() {
        let hair = parse("0.41,0.2 0.5,0.19 0.59,0.2;radius=0.06;color=#141210").unwrap();
        assert_eq!(npe::edit::figures::forehead(), hair);
        let smile = parse("0.43,0.815 0.5,0.825 0.57,0.815;radius=0.025;color=#f4f0ec").unwrap();
        assert_eq!(npe::edit::figures::mouth(), smile);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, part) in [
            ("1,2;color=#000000", "it has no radius"),
            ("1,2;radius=3", "it has no color"),
            ("12;radius=3;color=#000000", "\"12\" is not a point x,y"),
            ("1,b;radius=3;color=#000000", "y is \"b\", not a number"),
            ("1,2;radius=x;color=#000000", "radius is \"x\", not a number"),
            ("1,2;radius=3;color=black", "\"black\" is not a colour"),
            ("1,2;radius=3;color=#00é00", "is not a colour"),
            ("1,2;radius=3;color=#+12345", "\"#+12345\" is not a colour"),
            ("1,2;radius=3;color=#000000;mode=blue", "the mode \"blue\" is not known"),
            ("1,2;radius=3;colr=#000000", "\"colr\" is not known"),
            ("1,2;radius=3;loud", "\"loud\" is not name=value"),
            (";radius=3;color=#000000", "no dabs"),
            ("1,2;radius=-3;color=#000000", "dab 0 has radius -3"),
            ("1,2;radius=3;color=#000000;hardness=2", "hardness 2"),
            ("nan,2;radius=3;color=#000000", "NaN"),
        ] {
            let e = parse(text).unwrap_err().to_string();
            assert!(e.contains(part), "{text}: {e}");
        }
    }

    #[test]
    fn face_units_follow_the_frame() {
        let frame = Frame { cx: 100.0, cy: 50.0, side: 40.0, angle: 0.0 };
        let s = place(&parse("0.5,0.25;radius=0.1;color=#000000").unwrap(), At::Face, &frame);
        assert_eq!((s.dabs[0].x, s.dabs[0].y, s.dabs[0].radius), (100.0, 40.0, 4.0));
    }
}
