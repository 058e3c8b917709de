//! Turns a picture upright, as the camera says it was held.

use image::metadata::Orientation;

use super::Raster;

/// The picture as it is to be seen.
pub(super) fn upright(raster: Raster, orientation: Orientation) -> Raster {
    let (width, height) = (raster.width, raster.height);
    let (right, below) = (width.saturating_sub(1), height.saturating_sub(1));
    // Where the pixel of the new picture at (x, y) is in the old one.
    let place: fn(usize, usize, usize, usize) -> (usize, usize) = match orientation {
        Orientation::NoTransforms => return raster,
        Orientation::FlipHorizontal => |x, y, right, _| (right - x, y),
        Orientation::Rotate180 => |x, y, right, below| (right - x, below - y),
        Orientation::FlipVertical => |x, y, _, below| (x, below - y),
        Orientation::Rotate90FlipH => |x, y, _, _| (y, x),
        Orientation::Rotate90 => |x, y, _, below| (y, below - x),
        Orientation::Rotate270FlipH => |x, y, right, below| (right - y, below - x),
        Orientation::Rotate270 => |x, y, right, _| (right - y, x),
    };
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let (new_width, new_height) = if is_turned { (height, width) } else { (width, height) };
    let channels = raster.channels;
    let mut samples = Vec::with_capacity(raster.samples.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (from_x, from_y) = place(x, y, right, below);
            let at = (from_y * width + from_x) * channels;
            samples.extend_from_slice(&raster.samples[at..at + channels]);
        }
    }
    Raster { width: new_width, height: new_height, channels, samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_holding_a_camera() {
        // 1 2 3
        // 4 5 6
        let raster = Raster { width: 3, height: 2, channels: 1, samples: vec![1, 2, 3, 4, 5, 6] };
        let cases: [(u8, usize, &[u8]); 8] = [
            (1, 3, &[1, 2, 3, 4, 5, 6]),
            (2, 3, &[3, 2, 1, 6, 5, 4]),
            (3, 3, &[6, 5, 4, 3, 2, 1]),
            (4, 3, &[4, 5, 6, 1, 2, 3]),
            (5, 2, &[1, 4, 2, 5, 3, 6]),
            (6, 2, &[4, 1, 5, 2, 6, 3]),
            (7, 2, &[6, 3, 5, 2, 4, 1]),
            (8, 2, &[3, 6, 2, 5, 1, 4]),
        ];
        for (number, width, samples) in cases {
            let turned = upright(raster.clone(), Orientation::from_exif(number).unwrap());
            assert_eq!((turned.width, &*turned.samples), (width, samples), "{number}");
        }
    }
}
