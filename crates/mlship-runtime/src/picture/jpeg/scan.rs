//! Reads one scan, block by block.

use super::bits::Bits;
use super::frame::Frame;
use super::header::{Scan, Tables};
use super::{Cause, blocks, progress};

/// What a scan carries from block to block.
struct Reading<'s, 'b> {
    scan: &'s Scan,
    tables: &'s Tables<'b>,
    bits: Bits<'b>,
    /// The last DC coefficient of each of the scan's components.
    before: [i32; 4],
    run: progress::Run,
}

/// Reads the scan at the beginning of `bytes`, and tells how long it is.
pub(super) fn read<'b>(
    frame: &mut Frame,
    scan: &Scan,
    tables: &Tables<'b>,
    bytes: &'b [u8],
) -> Result<usize, Cause> {
    let places = places(frame, scan)?;
    let bits = Bits::new(bytes);
    let mut reading = Reading { scan, tables, bits, before: [0; 4], run: progress::Run::default() };
    let (across, down) = match places.as_slice() {
        [place] => frame.components[*place].blocks,
        _ => frame.units,
    };
    let mut left = tables.restart;
    let mut number = 0;
    for y in 0..down {
        for x in 0..across {
            if tables.restart > 0 && left == 0 {
                reading.bits.restart(number)?;
                (reading.before, reading.run) = ([0; 4], progress::Run::default());
                (left, number) = (tables.restart, (number + 1) % 8);
            }
            left = left.wrapping_sub(1);
            match places.as_slice() {
                [place] => reading.block(frame, *place, 0, (x, y))?,
                places => reading.unit(frame, places, (x, y))?,
            }
        }
        reading.bits.check()?;
    }
    Ok(reading.bits.end())
}

/// The places of the scan's components in the frame.
fn places(frame: &mut Frame, scan: &Scan) -> Result<Vec<usize>, Cause> {
    let mut places = Vec::new();
    for (id, ..) in &scan.parts {
        let mut known = frame.components.iter().enumerate();
        let found =
            known.find(|(place, component)| component.part.id == *id && !places.contains(place));
        places.push(found.ok_or("a scan has an unknown component")?.0);
    }
    let (from, to) = scan.band;
    let is_whole = (from, to, scan.high, scan.low) == (0, 63, 0, 0);
    if !frame.is_progressive() && !is_whole {
        return Err("a scan of a baseline file is no whole one");
    }
    if frame.is_progressive() && (from == 0) != (to == 0) {
        return Err("a scan has DC and AC coefficients");
    }
    if from > 0 && places.len() > 1 {
        return Err("a scan has the AC coefficients of several components");
    }
    for place in &places {
        frame.components[*place].is_begun = true;
    }
    Ok(places)
}

impl Reading<'_, '_> {
    /// The blocks of all of the scan's components at one place.
    fn unit(
        &mut self,
        frame: &mut Frame,
        places: &[usize],
        (x, y): (usize, usize),
    ) -> Result<(), Cause> {
        for (part, place) in places.iter().enumerate() {
            let (across, down) =
                (frame.components[*place].part.across, frame.components[*place].part.down);
            for row in 0..down {
                for column in 0..across {
                    let at = (x * across + column, y * down + row);
                    self.block(frame, *place, part, at)?;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn block(
        &mut self,
        frame: &mut Frame,
        place: usize,
        part: usize,
        (x, y): (usize, usize),
    ) -> Result<(), Cause> {
        let is_progressive = frame.is_progressive();
        let component = &mut frame.components[place];
        let at = y * component.stride + x;
        let (_, dc, ac) = self.scan.parts[part];
        let (dc, ac) = (self.tables.dc[dc].as_ref(), self.tables.ac[ac].as_ref());
        if !is_progressive {
            let (Some(dc), Some(ac)) = (dc, ac) else { return Err("a table of codes is missing") };
            let block = blocks::read(&mut self.bits, dc, ac, &mut self.before[part])?;
            let quantiser = component.quantiser(self.tables)?;
            component.write(at, &block, quantiser);
            return Ok(());
        }
        let block = &mut component.coefficients[at];
        if self.scan.band.0 == 0 {
            return progress::dc(&mut self.bits, dc, self.scan, &mut self.before[part], block);
        }
        let codes = ac.ok_or("a table of codes is missing")?;
        progress::ac(&mut self.bits, codes, self.scan, &mut self.run, block)
    }
}
