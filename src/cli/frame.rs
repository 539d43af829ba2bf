//! `--frame`: where the face is.

use crate::report::{Failure, Result};
use npe::photo::align::Aligner;
use npe::photo::{self, Frame, Photo};
use npe::{Error, ErrorKind};
use std::str::FromStr;

/// What a person says about the face's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// The largest face that is found.
    Auto,
    /// The nth face, as `npe faces` lists them, from 1.
    Nth(usize),
    /// A given frame.
    Given(Frame),
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> npe::Result<Self> {
        let wrong = || {
            Error::invalid(format!(
                "--frame is {text:?}; give auto, the number of a face as `npe faces` lists them (1 is the largest), \
                 or cx,cy,side,angle in photo pixels and degrees"
            ))
        };
        if text == "auto" {
            return Ok(Self::Auto);
        }
        if let Ok(n) = text.parse::<usize>() {
            return if n > 0 { Ok(Self::Nth(n)) } else { Err(wrong()) };
        }
        let numbers: Vec<f64> =
            text.split(',').map(|n| n.trim().parse().map_err(|_| wrong())).collect::<npe::Result<_>>()?;
        let (cx, cy, side, angle) = match numbers[..] {
            [cx, cy, side] => (cx, cy, side, 0.0),
            [cx, cy, side, angle] => (cx, cy, side, angle),
            _ => return Err(wrong()),
        };
        let frame = Frame { cx, cy, side, angle };
        frame.check()?;
        Ok(Self::Given(frame))
    }
}

impl Choice {
    /// Reads the option.
    pub fn parse(text: &str) -> Result<Self> {
        text.parse().map_err(Failure::usage)
    }

    /// The frame in this photo, as the model's aligner has it if there is one.
    ///
    /// # Errors
    /// If no face, or not that many, are found.
    pub fn find(self, photo: &Photo, aligner: Option<&Aligner>) -> npe::Result<Frame> {
        let n = match self {
            Self::Given(frame) => return Ok(frame),
            Self::Auto => 1,
            Self::Nth(n) => n,
        };
        let faces = photo::find_with(photo, aligner)?;
        match faces.get(n - 1) {
            Some(face) => Ok(face.frame),
            None if faces.is_empty() => Err(photo::no_face_error()),
            None => Err(Error::new(
                ErrorKind::NoFace,
                format!(
                    "--frame asks for face {n}, but the photo shows {}; see `npe faces`, or give cx,cy,side,angle",
                    faces.len()
                ),
            )),
        }
    }
}

/// The largest face, for commands that have no --frame.
///
/// # Errors
/// If no face is found.
pub fn largest(photo: &Photo, aligner: Option<&Aligner>) -> npe::Result<Frame> {
    let face = photo::find_with(photo, aligner)?.into_iter().next().map(|face| face.frame);
    face.ok_or_else(|| {
        Error::new(
            ErrorKind::NoFace,
            "no face was found in the photo; crop the photo to a face, and turn it upright",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read() {
        assert_eq!("auto".parse::<Choice>().unwrap(), Choice::Auto);
        assert_eq!("2".parse::<Choice>().unwrap(), Choice::Nth(2));
        let frame = Frame { cx: 10.0, cy: 20.5, side: 64.0, angle: -3.0 };
        assert_eq!("10, 20.5,64,-3".parse::<Choice>().unwrap(), Choice::Given(frame));
        for bad in ["", "0", "-1", "1,2", "1,2,3,4,5", "a,b,c,d", "face"] {
            let e = bad.parse::<Choice>().unwrap_err().to_string();
            assert!(e.contains("cx,cy,side,angle"), "{bad}: {e}");
        }
        let e = "1,2,nan,0".parse::<Choice>().unwrap_err().to_string();
        assert!(e.contains("not a finite number"), "{e}");
    }
}
