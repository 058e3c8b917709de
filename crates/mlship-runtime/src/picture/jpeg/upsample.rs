//! A component's row in the picture's own width: between samples three parts of the nearer one and
//! one of the farther, as libjpeg's "fancy upsampling" has it, or the sample repeated.

use super::frame::Component;

/// Writes the row `y` of the picture to `onto`, which is a little longer than the picture is wide.
pub(super) fn row(component: &Component, y: usize, onto: &mut Vec<u8>, sums: &mut Vec<u16>) {
    let (across, down) = component.every;
    let is_wide = component.size.0 > 2;
    onto.clear();
    match (across, down) {
        (1, 1) => onto.extend_from_slice(component.row(y)),
        (2, 1) if is_wide => twice(component.row(y), onto),
        (1, 2) => {
            let (near, far) = rows(component, y);
            let more = if y.is_multiple_of(2) { 1 } else { 2 };
            let pairs = near.iter().zip(far);
            onto.extend(pairs.map(|(near, far)| ((three(*near) + wide(*far) + more) >> 2) as u8));
        }
        (2, 2) if is_wide => {
            let (near, far) = rows(component, y);
            sums.clear();
            sums.extend(near.iter().zip(far).map(|(near, far)| three(*near) + wide(*far)));
            twice_summed(sums, onto);
        }
        _ => {
            let samples = component.row(y / down).iter();
            onto.extend(samples.flat_map(|sample| std::iter::repeat_n(*sample, across)));
        }
    }
}

/// The row that a row of the picture lies in, and the other one that it is near to.
fn rows(component: &Component, y: usize) -> (&[u8], &[u8]) {
    let near = y / 2;
    let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { near + 1 };
    (component.row(near), component.row(far))
}

fn wide(sample: u8) -> u16 {
    u16::from(sample)
}

fn three(sample: u8) -> u16 {
    3 * u16::from(sample)
}

fn twice(row: &[u8], onto: &mut Vec<u8>) {
    let last = row.len() - 1;
    onto.push(row[0]);
    onto.push(((three(row[0]) + wide(row[1]) + 2) >> 2) as u8);
    for near in row.windows(3) {
        let middle = three(near[1]);
        let left = ((middle + wide(near[0]) + 1) >> 2) as u8;
        let right = ((middle + wide(near[2]) + 2) >> 2) as u8;
        onto.extend_from_slice(&[left, right]);
    }
    onto.push(((three(row[last]) + wide(row[last - 1]) + 1) >> 2) as u8);
    onto.push(row[last]);
}

fn twice_summed(sums: &[u16], onto: &mut Vec<u8>) {
    let last = sums.len() - 1;
    onto.push(((sums[0] * 4 + 8) >> 4) as u8);
    onto.push(((sums[0] * 3 + sums[1] + 7) >> 4) as u8);
    for near in sums.windows(3) {
        let middle = near[1] * 3;
        let (left, right) = ((middle + near[0] + 8) >> 4, (middle + near[2] + 7) >> 4);
        onto.extend_from_slice(&[left as u8, right as u8]);
    }
    onto.push(((sums[last] * 3 + sums[last - 1] + 8) >> 4) as u8);
    onto.push(((sums[last] * 4 + 7) >> 4) as u8);
}
