//! The segments between the scans: tables, the frame, and what is known of colours.

use super::Cause;
use super::bits::Codes;

/// A frame as it is announced.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) is_progressive: bool,
    pub(super) components: Vec<Part>,
}

/// A component as it is announced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) id: u8,
    /// Samples of it across and down where the finest component has the most.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) quantiser: usize,
}

/// A scan as it is announced.
#[derive(Debug)]
pub(super) struct Scan {
    /// For each component its place in the frame by id, and its tables for DC and AC.
    pub(super) parts: Vec<(u8, usize, usize)>,
    /// The first and the last coefficient, in zigzag order.
    pub(super) band: (usize, usize),
    /// The bit that comes before this scan's, and this scan's.
    pub(super) high: u8,
    pub(super) low: u8,
}

/// What segments leave behind for the scans.
#[derive(Default)]
pub(super) struct Tables<'b> {
    pub(super) quantisers: [Option<[u16; 64]>; 4],
    pub(super) dc: [Option<Codes>; 4],
    pub(super) ac: [Option<Codes>; 4],
    /// How many units are between two restarts; none when 0.
    pub(super) restart: usize,
    pub(super) is_jfif: bool,
    /// Adobe's word for the colours, when it is there.
    pub(super) adobe: Option<u8>,
    pub(super) exif: Option<&'b [u8]>,
}

/// A segment that stops the reading of tables.
pub(super) enum Segment {
    Frame(Shape),
    Scan(Scan),
    End,
}

/// Reads the segments of a file, from its beginning.
pub(super) struct Segments<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Segments<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 2 }
    }

    /// What follows.
    pub(super) fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn skip(&mut self, length: usize) {
        self.at += length;
    }

    /// True when nothing is left.
    pub(super) fn is_over(&self) -> bool {
        self.rest().is_empty()
    }

    /// Reads on to the next frame, scan or end.
    pub(super) fn next(&mut self, tables: &mut Tables<'b>) -> Result<Segment, Cause> {
        loop {
            let marker = self.marker()?;
            if marker == 0xd9 {
                return Ok(Segment::End);
            }
            if matches!(marker, 0x01 | 0xd0..=0xd8) {
                continue;
            }
            let body = self.body()?;
            match marker {
                0xc0..=0xc2 => return frame(body, marker == 0xc2).map(Segment::Frame),
                0xc4 => codes(body, tables)?,
                0xc3 | 0xc5..=0xcf => return Err("it is neither baseline nor progressive"),
                0xda => return scan(body).map(Segment::Scan),
                0xdb => quantisers(body, tables)?,
                0xdd => match body {
                    [high, low] => tables.restart = usize::from(u16::from_be_bytes([*high, *low])),
                    _ => return Err("a restart interval is broken"),
                },
                0xe0 if body.starts_with(b"JFIF\0") => tables.is_jfif = true,
                0xe1 => {
                    tables.exif = tables.exif.or(body.strip_prefix(b"Exif\0\0"));
                }
                0xee if body.len() >= 12 && body.starts_with(b"Adobe") => {
                    tables.adobe = Some(body[11]);
                }
                _ => {}
            }
        }
    }

    /// The next marker; what stands before it is passed over.
    fn marker(&mut self) -> Result<u8, Cause> {
        let rest = self.rest();
        let mut pairs = rest.windows(2).enumerate();
        let found = pairs.find(|(_, pair)| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff));
        let Some((at, pair)) = found else {
            self.at = self.bytes.len();
            return Err("it ends early");
        };
        self.at += at + 2;
        Ok(pair[1])
    }

    fn body(&mut self) -> Result<&'b [u8], Cause> {
        let rest = self.rest();
        let length = rest.first_chunk().map(|length| usize::from(u16::from_be_bytes(*length)));
        let body = length.and_then(|length| rest.get(2..length)).ok_or("it ends early")?;
        self.at += body.len() + 2;
        Ok(body)
    }
}

fn frame(body: &[u8], is_progressive: bool) -> Result<Shape, Cause> {
    let [precision, h1, h0, w1, w0, count, parts @ ..] = body else {
        return Err("its frame is broken");
    };
    if *precision != 8 {
        return Err("its samples do not have 8 bits");
    }
    let (width, height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
    if width == 0 || height == 0 {
        return Err("it has no pixels");
    }
    if !matches!(count, 1 | 3 | 4) || parts.len() != usize::from(*count) * 3 {
        return Err("it has not 1, 3 or 4 components");
    }
    let components: Vec<Part> = parts
        .chunks_exact(3)
        .map(|part| Part {
            id: part[0],
            across: usize::from(part[1] >> 4),
            down: usize::from(part[1] & 15),
            quantiser: usize::from(part[2]),
        })
        .collect();
    let (across, down) = finest(&components);
    let fits = |part: &Part| {
        let whole = |most: usize, own: usize| (1..=4).contains(&own) && most.is_multiple_of(own);
        whole(across, part.across) && whole(down, part.down) && part.quantiser < 4
    };
    match components.iter().all(fits) {
        true => Ok(Shape { width, height, is_progressive, components }),
        false => Err("its components do not go together"),
    }
}

/// The most samples across and down.
pub(super) fn finest(components: &[Part]) -> (usize, usize) {
    let most = |of: fn(&Part) -> usize| components.iter().map(of).max().unwrap_or(1);
    (most(|part| part.across), most(|part| part.down))
}

fn scan(body: &[u8]) -> Result<Scan, Cause> {
    let broken = "a scan's head is broken";
    let (count, rest) = body.split_first().ok_or(broken)?;
    let count = usize::from(*count);
    let (true, Some((parts, [from, to, bits]))) =
        ((1..=4).contains(&count), rest.split_at_checked(count * 2))
    else {
        return Err(broken);
    };
    let parts: Vec<_> = parts
        .chunks_exact(2)
        .map(|part| (part[0], usize::from(part[1] >> 4), usize::from(part[1] & 15)))
        .collect();
    let band = (usize::from(*from), usize::from(*to));
    let (high, low) = (bits >> 4, bits & 15);
    let known = parts.iter().all(|(_, dc, ac)| *dc < 4 && *ac < 4);
    match known && band.0 <= band.1 && band.1 < 64 && high < 14 && low < 14 {
        true => Ok(Scan { parts, band, high, low }),
        false => Err(broken),
    }
}

fn quantisers(mut body: &[u8], tables: &mut Tables<'_>) -> Result<(), Cause> {
    let broken = "a quantiser is broken";
    while let Some((head, rest)) = body.split_first() {
        let each = 1 + usize::from(head >> 4);
        let (numbers, rest) = rest.split_at_checked(64 * each).ok_or(broken)?;
        let slot = tables.quantisers.get_mut(usize::from(head & 15)).ok_or(broken)?;
        let mut table = [0; 64];
        for (place, number) in super::blocks::ZIGZAG.iter().zip(numbers.chunks_exact(each)) {
            table[usize::from(*place)] =
                number.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
        }
        *slot = Some(table);
        body = rest;
        if each > 2 {
            return Err(broken);
        }
    }
    Ok(())
}

fn codes(mut body: &[u8], tables: &mut Tables<'_>) -> Result<(), Cause> {
    let broken = "a table of codes is broken";
    while let Some((head, rest)) = body.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>().ok_or(broken)?;
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        let (symbols, rest) = rest.split_at_checked(total).ok_or(broken)?;
        let class = if head >> 4 == 0 { &mut tables.dc } else { &mut tables.ac };
        let slot = class.get_mut(usize::from(head & 15)).ok_or(broken)?;
        *slot = Some(Codes::new(counts, symbols).ok_or(broken)?);
        body = rest;
    }
    Ok(())
}
