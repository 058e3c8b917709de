//! The components of a picture while its scans are read.

use super::Cause;
use super::blocks::Block;
use super::header::{Part, Shape, Tables, finest};
use super::idct::transform;

/// A picture half decoded.
pub(super) struct Frame {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    /// Units of all components, across and down.
    pub(super) units: (usize, usize),
    is_progressive: bool,
}

/// A component.
pub(super) struct Component {
    pub(super) part: Part,
    /// How many samples of the picture lie in one of its own, across and down.
    pub(super) every: (usize, usize),
    /// Its own samples, across and down.
    pub(super) size: (usize, usize),
    /// Blocks with samples of the picture, across and down.
    pub(super) blocks: (usize, usize),
    /// Blocks in a row, those that fill up a unit counted.
    pub(super) stride: usize,
    rows: usize,
    /// The coefficients, in a progressive file.
    pub(super) coefficients: Vec<Block>,
    /// The samples: rows of [`Component::stride`] blocks.
    pub(super) samples: Vec<u8>,
    /// True once a scan has begun it.
    pub(super) is_begun: bool,
}

impl Frame {
    pub(super) fn new(shape: &Shape) -> Self {
        let (width, height) = (usize::from(shape.width), usize::from(shape.height));
        let (across, down) = finest(&shape.components);
        let units = (width.div_ceil(8 * across), height.div_ceil(8 * down));
        let component = |part: &Part| {
            let own = (width * part.across).div_ceil(across);
            let size = (own, (height * part.down).div_ceil(down));
            let (stride, rows) = (units.0 * part.across, units.1 * part.down);
            let (coefficients, samples) = match shape.is_progressive {
                true => (vec![[0; 64]; stride * rows], Vec::new()),
                false => (Vec::new(), vec![0; stride * rows * 64]),
            };
            Component {
                part: *part,
                every: (across / part.across, down / part.down),
                size,
                blocks: (size.0.div_ceil(8), size.1.div_ceil(8)),
                stride,
                rows,
                coefficients,
                samples,
                is_begun: false,
            }
        };
        let components = shape.components.iter().map(component).collect();
        Self { width, height, components, units, is_progressive: shape.is_progressive }
    }

    pub(super) fn is_progressive(&self) -> bool {
        self.is_progressive
    }

    /// All components, as samples.
    pub(super) fn finish(mut self, tables: &Tables<'_>) -> Result<Self, Cause> {
        for component in &mut self.components {
            if !component.is_begun {
                return Err("a component is missing");
            }
            if self.is_progressive {
                let quantiser = component.quantiser(tables)?;
                let blocks = std::mem::take(&mut component.coefficients);
                component.samples = vec![0; component.stride * component.rows * 64];
                for (place, block) in blocks.iter().enumerate() {
                    component.write(place, block, quantiser);
                }
            }
        }
        Ok(self)
    }
}

impl Component {
    pub(super) fn quantiser<'t>(&self, tables: &'t Tables<'_>) -> Result<&'t [u16; 64], Cause> {
        tables.quantisers[self.part.quantiser].as_ref().ok_or("a quantiser is missing")
    }

    /// Writes the samples of the block at `place`, counted along the rows.
    pub(super) fn write(&mut self, place: usize, block: &Block, quantiser: &[u16; 64]) {
        let stride = self.stride * 8;
        let at = place / self.stride * stride * 8 + place % self.stride * 8;
        transform(block, quantiser, &mut self.samples[at..], stride);
    }

    /// A row of its own samples; beyond the last there is the last.
    pub(super) fn row(&self, number: usize) -> &[u8] {
        let number = number.min(self.size.1 - 1);
        &self.samples[number * self.stride * 8..][..self.size.0]
    }
}
