//! The nodes of a tree ensemble.

use bytemuck::{Pod, Zeroable};

/// A node of a tree, 16 bytes. A child's index is above its parent's: a reader that insists on it
/// comes to an end whatever the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Default, Pod, Zeroable)]
#[repr(C)]
pub struct TreeNode {
    /// Bits 0 to 23: the feature that is compared, or the target of a leaf with one weight.
    /// Bits 24 to 26: the [`Branch`]. Bit 27: NaN is true.
    pub key: u32,
    /// The threshold, or the weight of a leaf with one weight. Ensembles of 64-bit floats keep it
    /// in an array of their own, at the node's index, and ignore this.
    pub value: f32,
    /// The node to go to when the comparison is true; of a leaf with many weights, the first.
    pub when_true: u32,
    /// The node to go to when it is false; of a leaf with many weights, how many.
    pub when_false: u32,
}

/// How a node compares the feature with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Branch {
    /// `<=`
    AtMost = 0,
    /// `<`
    Below = 1,
    /// `>=`
    AtLeast = 2,
    /// `>`
    Above = 3,
    /// `==`
    Equal = 4,
    /// `!=`
    Unequal = 5,
    /// No comparison: a leaf with one weight, held in the node.
    Leaf = 6,
    /// No comparison: a leaf with any number of weights, held apart.
    Weights = 7,
}

/// The highest feature or target that a node can name.
pub const MAX_FEATURE: u32 = (1 << 24) - 1;

/// The bit of [`TreeNode::key`] that sends NaN to the true side.
pub const NAN_IS_TRUE: u32 = 1 << 27;

impl TreeNode {
    /// What the node does.
    pub fn branch(&self) -> Branch {
        match (self.key >> 24) & 7 {
            0 => Branch::AtMost,
            1 => Branch::Below,
            2 => Branch::AtLeast,
            3 => Branch::Above,
            4 => Branch::Equal,
            5 => Branch::Unequal,
            6 => Branch::Leaf,
            _ => Branch::Weights,
        }
    }

    /// The feature, or the target of a leaf with one weight.
    pub fn feature(&self) -> usize {
        (self.key & MAX_FEATURE) as usize
    }

    /// True when NaN goes to the true side.
    pub fn nan_is_true(&self) -> bool {
        self.key & NAN_IS_TRUE != 0
    }
}
