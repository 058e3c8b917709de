//! To what size a picture is brought, what is cut out of it, and which numbers its samples become:
//! torchvision's `Resize`, `CenterCrop`, `ToTensor` and `Normalize`.

use mlship_bundle::{Channels, Image, Layout, Resize, Size};

use super::Raster;
use super::resize::resize;

/// The longest edge that a resized picture may have: a narrow strip would get a long one.
const LONGEST_EDGE: u64 = 1 << 15;

/// How decoded pictures become numbers.
#[derive(Debug)]
pub(crate) struct Frame {
    plan: Image,
    /// For each channel of the model the sample of a pixel that it takes, and what each of its 256
    /// values becomes.
    channels: Vec<(usize, Box<[f32; 256]>)>,
}

impl Frame {
    /// `None` when means or deviations are not one a channel.
    pub(crate) fn new(plan: &Image) -> Option<Self> {
        let count = plan.channels.count();
        let fits = |numbers: &[f32]| numbers.is_empty() || numbers.len() == count;
        if !fits(&plan.mean) || !fits(&plan.std) {
            return None;
        }
        let table = |channel: usize| {
            let mean = plan.mean.get(channel).copied().unwrap_or(0.0);
            let std = plan.std.get(channel).copied().unwrap_or(1.0);
            Box::new(std::array::from_fn(|value| (value as f32 / plan.scale - mean) / std))
        };
        let sample = |channel: usize| match plan.channels {
            Channels::Bgr => 2 - channel,
            Channels::Rgb | Channels::Gray => channel,
        };
        let channels = (0..count).map(|channel| (sample(channel), table(channel))).collect();
        Some(Self { plan: plan.clone(), channels })
    }

    /// The picture in its final size.
    ///
    /// # Errors
    /// The edges that it would get, when one is too long.
    pub(crate) fn fit(&self, raster: Raster) -> Result<Raster, (u64, u64)> {
        let raster = self.in_channels(raster);
        let raster = match self.plan.resize {
            None => raster,
            Some(to) => {
                let (width, height) = edges(&raster, to);
                if width.max(height) > LONGEST_EDGE || width.min(height) == 0 {
                    return Err((width, height));
                }
                resize(raster, (width as usize, height as usize), self.plan.filter)
            }
        };
        Ok(match self.plan.crop {
            None => raster,
            Some(size) => crop(raster, size),
        })
    }

    /// Adds the numbers of a picture of its final size.
    pub(crate) fn write(&self, raster: &Raster, onto: &mut Vec<f32>) {
        let pixels = || raster.samples.chunks_exact(raster.channels);
        match self.plan.layout {
            Layout::Nchw => {
                for (sample, table) in &self.channels {
                    onto.extend(pixels().map(|pixel| table[usize::from(pixel[*sample])]));
                }
            }
            Layout::Nhwc => {
                for pixel in pixels() {
                    let number = |(sample, table): &(usize, Box<[f32; 256]>)| {
                        table[usize::from(pixel[*sample])]
                    };
                    onto.extend(self.channels.iter().map(number));
                }
            }
        }
    }

    /// The same picture with as many samples a pixel as the model takes.
    fn in_channels(&self, raster: Raster) -> Raster {
        match (self.channels.len(), raster.channels) {
            (1, 3) => gray(&raster),
            (3, 1) => {
                let samples = raster.samples.iter().flat_map(|sample| [*sample; 3]).collect();
                Raster { channels: 3, samples, ..raster }
            }
            _ => raster,
        }
    }
}

/// Brightness by ITU-R 601-2, in Pillow's 16 bits.
fn gray(raster: &Raster) -> Raster {
    let (pixels, _) = raster.samples.as_chunks::<3>();
    let brightness = |[red, green, blue]: &[u8; 3]| {
        let [red, green, blue] = [red, green, blue].map(|sample| u32::from(*sample));
        ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16) as u8
    };
    let samples = pixels.iter().map(brightness).collect();
    Raster { width: raster.width, height: raster.height, channels: 1, samples }
}

/// The edges of a picture once it is resized.
fn edges(raster: &Raster, to: Resize) -> (u64, u64) {
    let (width, height) = (raster.width as u64, raster.height as u64);
    match to {
        Resize::To(size) => (size.width.into(), size.height.into()),
        Resize::Shorter(edge) => {
            let edge = u64::from(edge);
            match width <= height {
                true => (edge, edge * height / width),
                false => (edge * width / height, edge),
            }
        }
    }
}

/// The middle of a picture; what it lacks is black.
fn crop(raster: Raster, size: Size) -> Raster {
    let (width, height) = (size.width as usize, size.height as usize);
    if (raster.width, raster.height) == (width, height) {
        return raster;
    }
    let channels = raster.channels;
    let mut samples = vec![0; width * height * channels];
    let (from_x, to_x, columns) = overlap(raster.width, width);
    let (from_y, to_y, rows) = overlap(raster.height, height);
    for row in 0..rows {
        let from = ((from_y + row) * raster.width + from_x) * channels;
        let to = ((to_y + row) * width + to_x) * channels;
        let length = columns * channels;
        samples[to..to + length].copy_from_slice(&raster.samples[from..from + length]);
    }
    Raster { width, height, channels, samples }
}

/// Where the common part of two edges with one middle begins in the old and in the new one, and
/// how long it is. Half a pixel goes to the even side, as Python rounds.
fn overlap(old: usize, new: usize) -> (usize, usize, usize) {
    match old.checked_sub(new) {
        Some(more) if more % 4 == 3 => (more / 2 + 1, 0, new),
        Some(more) => (more / 2, 0, new),
        None => (0, (new - old) / 2, old),
    }
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn half_a_pixel_is_rounded_as_python_does() {
        // int(round((old - new) / 2.0)) for 0 to 7 more.
        let starts: Vec<usize> = (0..8).map(|more| overlap(10 + more, 10).0).collect();
        assert_eq!(starts, [0, 0, 1, 2, 2, 2, 3, 4]);
        assert_eq!(overlap(5, 8), (0, 1, 5));
    }
}
