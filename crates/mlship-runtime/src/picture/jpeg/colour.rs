//! Components to brightness, or to red, green and blue.

use super::frame::Frame;
use super::header::Tables;
use super::upsample;
use crate::picture::Raster;

/// What the components are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colours {
    Gray,
    Rgb,
    /// Brightness, and what is blue and red of it.
    Ycc,
    Cmyk,
    /// [`Colours::Ycc`] of what is left of white, and black.
    Ycck,
}

/// The picture, as Pillow's `convert("RGB")` gives it.
pub(super) fn convert(frame: Frame, tables: &Tables<'_>) -> Raster {
    let colours = colours(&frame, tables);
    let (width, height) = (frame.width, frame.height);
    let channels = if colours == Colours::Gray { 1 } else { 3 };
    let mut samples = Vec::with_capacity(width * height * channels);
    let mut rows = vec![Vec::new(); frame.components.len()];
    let mut sums = Vec::new();
    let shares = Shares::new();
    for y in 0..height {
        for (component, row) in frame.components.iter().zip(&mut rows) {
            upsample::row(component, y, row, &mut sums);
            row.truncate(width);
        }
        match (colours, rows.as_slice()) {
            (Colours::Gray, [gray, ..]) => samples.extend_from_slice(gray),
            (Colours::Rgb, [red, green, blue, ..]) => {
                for ((red, green), blue) in red.iter().zip(green).zip(blue) {
                    samples.extend_from_slice(&[*red, *green, *blue]);
                }
            }
            (Colours::Ycc, [y, cb, cr, ..]) => {
                for ((y, cb), cr) in y.iter().zip(cb).zip(cr) {
                    samples.extend_from_slice(&shares.rgb(*y, *cb, *cr));
                }
            }
            (_, [first, second, third, black]) => {
                for (place, black) in black.iter().enumerate() {
                    let inks = [first[place], second[place], third[place]];
                    // Adobe writes inks from the other end: what is left of white.
                    let light = match colours {
                        Colours::Ycck => shares.rgb(inks[0], inks[1], inks[2]).map(|ink| 255 - ink),
                        _ => inks,
                    };
                    samples.extend(light.map(|light| times(light, *black)));
                }
            }
            _ => {}
        }
    }
    Raster { width, height, channels, samples }
}

/// What is left of the light behind an ink and behind black, in Pillow's rounding.
fn times(light: u8, black: u8) -> u8 {
    let ink = u32::from(255 - light);
    let product = ink * u32::from(black) + 128;
    let taken = ((product >> 8) + product) >> 8;
    u32::from(black).saturating_sub(taken) as u8
}

/// As libjpeg guesses them.
fn colours(frame: &Frame, tables: &Tables<'_>) -> Colours {
    let ids: Vec<u8> = frame.components.iter().map(|component| component.part.id).collect();
    match (ids.as_slice(), tables.adobe) {
        ([_], _) => Colours::Gray,
        ([_, _, _], _) if tables.is_jfif => Colours::Ycc,
        ([_, _, _], Some(0)) => Colours::Rgb,
        ([_, _, _], Some(_)) => Colours::Ycc,
        (b"RGB", None) => Colours::Rgb,
        ([_, _, _], None) => Colours::Ycc,
        (_, None | Some(0)) => Colours::Cmyk,
        _ => Colours::Ycck,
    }
}

/// What each value of blue and red gives to the colours, with 16 bits behind the point where two
/// are added.
struct Shares {
    red: [i32; 256],
    blue: [i32; 256],
    green_of_red: [i32; 256],
    green_of_blue: [i32; 256],
}

impl Shares {
    fn new() -> Self {
        const HALF: i32 = 1 << 15;
        let table = |factor: i32, more: i32| {
            std::array::from_fn(|value| factor * (value as i32 - 128) + more)
        };
        // 1.402, 1.772, 0.71414 and 0.34414 in 65536ths.
        Self {
            red: table(91881, HALF).map(|share| share >> 16),
            blue: table(116_130, HALF).map(|share| share >> 16),
            green_of_red: table(-46802, 0),
            green_of_blue: table(-22554, HALF),
        }
    }

    #[inline]
    fn rgb(&self, y: u8, cb: u8, cr: u8) -> [u8; 3] {
        let (cb, cr) = (usize::from(cb), usize::from(cr));
        let green = (self.green_of_blue[cb] + self.green_of_red[cr]) >> 16;
        [self.red[cr], green, self.blue[cb]].map(|share| (i32::from(y) + share).clamp(0, 255) as u8)
    }
}
