//! Curves of a run from its log (`log.jsonl`), as an SVG picture. Calls nobody.

use crate::error::{Error, Result};
use plotters::prelude::*;
use serde_json::Value;
use std::path::Path;

/// The panels, from top to bottom: a title, and the fields that stand in it by name. Those not in the log are left out.
const PANELS: [(&str, &[(&str, &str)]); 6] = [
    ("mean absolute error (-1..1)", &[("pixel", "training"), ("held_out.error", "held out")]),
    ("nats an image", &[("nats", "training"), ("held_out.nats", "held out")]),
    (
        "sharpness (photos: 1)",
        &[("held_out.sharpness", "reconstructions"), ("held_out.sample_sharpness", "samples")],
    ),
    ("adversary", &[("hinge", "hinge"), ("told_apart", "discriminator"), ("fooled", "decoder against it")]),
    ("‖E(G(z)) − z‖ / ‖z‖", &[("cycle", "training")]),
    ("loss", &[("loss", "training")]),
];
const WIDTH: u32 = 800;
const HEIGHT: u32 = 220;
/// Told apart by the colour-blind too (Okabe and Ito 2008).
const COLORS: [RGBColor; 3] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115)];

/// A curve: its name and its points (images seen, value).
type Curve = (&'static str, Vec<(f64, f64)>);

/// Reads the lines of a log.
///
/// # Errors
/// If it can't be read or a line is no JSON.
pub fn read(log: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(log).map_err(|e| Error::file("the log can't be read:", log, &e))?;
    let lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    lines
        .map(|(n, line)| {
            serde_json::from_str(line)
                .map_err(|e| Error::file("the log can't be read:", log, &format!("line {}: {e}", n + 1)))
        })
        .collect()
}

/// The curves of a log as an SVG.
///
/// # Errors
/// If there is nothing in it to draw.
pub fn svg(log: &[Value]) -> Result<String> {
    let panels: Vec<(&str, Vec<Curve>)> = PANELS
        .iter()
        .map(|(title, fields)| (*title, fields.iter().filter_map(|f| curve(log, f)).collect::<Vec<_>>()))
        .filter(|(_, curves)| !curves.is_empty())
        .collect();
    if panels.is_empty() {
        return Err(Error::told("the log has nothing to draw yet: it takes at least one line with figures"));
    }
    let mut out = String::new();
    {
        let root =
            SVGBackend::with_string(&mut out, (WIDTH, HEIGHT * panels.len() as u32)).into_drawing_area();
        let failed = |e: &dyn std::fmt::Display| Error::told(format!("the curves can't be drawn: {e}"));
        root.fill(&WHITE).map_err(|e| failed(&e))?;
        let areas = root.split_evenly((panels.len(), 1));
        for ((title, curves), area) in panels.iter().zip(&areas) {
            panel(title, curves, area).map_err(|e| failed(&e))?;
        }
        root.present().map_err(|e| failed(&e))?;
    }
    Ok(out)
}

/// Draws a log's curves into a file.
///
/// # Errors
/// As [`read`] and [`svg`], or if the file can't be written.
pub fn write(log: &Path, to: &Path) -> Result<()> {
    let picture = svg(&read(log)?)?;
    std::fs::write(to, picture).map_err(|e| Error::file("the plot can't be written:", to, &e))
}

/// The points of a field, such as `held_out.error`; none if the log has no number of it.
fn curve(log: &[Value], (field, name): &(&str, &'static str)) -> Option<Curve> {
    let pointer = format!("/{}", field.replace('.', "/"));
    let point = |line: &Value| Some((line["images"].as_f64()?, line.pointer(&pointer)?.as_f64()?));
    let points: Vec<(f64, f64)> = log.iter().filter_map(point).collect();
    (!points.is_empty()).then_some((*name, points))
}

fn panel<B: DrawingBackend>(
    title: &str,
    curves: &[Curve],
    area: &DrawingArea<B, plotters::coord::Shift>,
) -> std::result::Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let points = || curves.iter().flat_map(|(_, points)| points);
    let last = points().map(|p| p.0).fold(1.0, f64::max);
    let (low, high) = points().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.1), h.max(p.1)));
    let room = (0.05 * (high - low)).max(1e-3 * high.abs()).max(1e-9);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 14))
        .margin(8)
        .x_label_area_size(24)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..last, low - room..high + room)?;
    chart
        .configure_mesh()
        .x_labels(8)
        .y_labels(6)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|v| if *v >= 1e4 { format!("{:.0}k", v / 1e3) } else { format!("{v:.0}") })
        .y_label_formatter(&|v| short(*v))
        .draw()?;
    for ((name, points), color) in curves.iter().zip(COLORS) {
        chart
            .draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
        // A single point has no line.
        if let [point] = points[..] {
            chart.draw_series([Circle::new(point, 3, color.filled())])?;
        }
    }
    // Where the curves do not end.
    let ends = curves.iter().filter_map(|(_, points)| points.last()).map(|p| p.1);
    let above = ends.clone().filter(|v| *v > 0.5 * (low + high)).count();
    let place = if 2 * above > ends.count() {
        SeriesLabelPosition::LowerRight
    } else {
        SeriesLabelPosition::UpperRight
    };
    chart
        .configure_series_labels()
        .position(place)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", 12))
        .draw()
}

/// A number with three digits that matter.
fn short(v: f64) -> String {
    let digits = if v == 0.0 { 0 } else { (2 - v.abs().log10().floor() as i32).clamp(0, 6) as usize };
    format!("{v:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn curves_are_drawn_in_their_panels() {
        let line = |images: u64, error: f64| {
            json!({"images": images, "pixel": 2.0 * error, "loss": f64::NAN,
            "held_out": {"error": error, "nats": null}})
        };
        let log = [line(1000, 0.4), line(2000, 0.2)];
        assert_eq!(curve(&log, &("held_out.error", "x")).unwrap().1, [(1000.0, 0.4), (2000.0, 0.2)]);
        assert!(curve(&log, &("held_out.nats", "x")).is_none(), "null is no point");
        let picture = svg(&log).unwrap();
        // A curve and its mark in the legend, for each of two fields; the third, which is NaN, has none.
        for (color, count) in [("#0072B2", 2), ("#D55E00", 2), ("#009E73", 0)] {
            let line = |l: &&str| l.starts_with("<polyline") && l.contains(color);
            assert_eq!(picture.lines().filter(line).count(), count, "{color}: {picture}");
        }
        assert!(picture.contains("mean absolute error") && picture.contains("held out"));
        assert!(!picture.contains("adversary") && !picture.contains("nats an image"));
        assert!(!picture.contains("NaN"));
        assert!(svg(&log[..1]).unwrap().contains("<circle"), "one line is a point");
        let nothing = svg(&[json!({"images": 5})]).unwrap_err().to_string();
        assert!(nothing.contains("nothing to draw"), "{nothing}");
    }

    #[test]
    fn labels_are_short() {
        assert_eq!([0.0, 0.1234, 12.345, 1234.5].map(short), ["0", "0.123", "12.3", "1234"]);
    }
}
