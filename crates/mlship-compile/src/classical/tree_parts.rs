//! Lays trees out so that every child comes after its parent.

use mlship_bundle::program::{Branch, MAX_FEATURE, NAN_IS_TRUE, TreeNode};

/// The trees of an ensemble, as the model's file has them.
#[derive(Default)]
pub(super) struct Forest {
    /// All nodes of all trees.
    pub(super) nodes: Vec<Source>,
    /// The first node of each tree.
    pub(super) roots: Vec<usize>,
}

/// A node as the model's file has it.
pub(super) enum Source {
    /// A comparison.
    Branch(Comparison),
    /// A leaf's targets and weights.
    Leaf(Vec<(u32, f64)>),
}

/// A comparison of one feature.
pub(super) struct Comparison {
    pub(super) feature: u32,
    pub(super) branch: Branch,
    pub(super) nan_is_true: bool,
    /// The threshold; several when any of them will do, as in set membership.
    pub(super) thresholds: Vec<f64>,
    pub(super) when_true: usize,
    pub(super) when_false: usize,
}

/// The arrays of a program's ensemble.
#[derive(Default)]
pub(super) struct Laid {
    pub(super) nodes: Vec<TreeNode>,
    /// Each node's threshold or weight, at full precision.
    pub(super) values: Vec<f64>,
    pub(super) roots: Vec<u32>,
    pub(super) leaf_targets: Vec<u32>,
    pub(super) leaf_weights: Vec<f64>,
}

/// A child that is not placed yet, and the nodes that go there.
struct Pending {
    source: usize,
    parents: std::ops::Range<usize>,
    side: Side,
}

#[derive(Clone, Copy)]
enum Side {
    True,
    False,
    Root,
}

impl Forest {
    /// Lays the trees out.
    ///
    /// # Errors
    /// A phrase: a child that is not there, a node with two parents, too many nodes.
    pub(super) fn laid(&self) -> Result<Laid, &'static str> {
        let mut laid = Laid::default();
        let mut placed = vec![false; self.nodes.len()];
        for root in &self.roots {
            let mut pending = vec![Pending { source: *root, parents: 0..0, side: Side::Root }];
            while let Some(next) = pending.pop() {
                let at = u32::try_from(laid.nodes.len()).map_err(|_| "there are too many nodes")?;
                laid.connect(&next, at);
                let source = self.nodes.get(next.source).ok_or("a child is not there")?;
                match source {
                    Source::Leaf(weights) => laid.leaf(weights)?,
                    Source::Branch(comparison) => {
                        let twice = placed.get_mut(next.source).ok_or("a child is not there")?;
                        if std::mem::replace(twice, true) {
                            return Err("a node has two parents");
                        }
                        let parents = laid.branch(comparison)?;
                        let last = parents.end - 1..parents.end;
                        let (yes, no) = (comparison.when_true, comparison.when_false);
                        pending.push(Pending { source: no, parents: last, side: Side::False });
                        pending.push(Pending { source: yes, parents, side: Side::True });
                    }
                }
            }
        }
        Ok(laid)
    }
}

impl Laid {
    fn connect(&mut self, pending: &Pending, at: u32) {
        for node in self.nodes.get_mut(pending.parents.clone()).unwrap_or_default() {
            match pending.side {
                Side::True => node.when_true = at,
                Side::False => node.when_false = at,
                Side::Root => {}
            }
        }
        if let Side::Root = pending.side {
            self.roots.push(at);
        }
    }

    fn leaf(&mut self, weights: &[(u32, f64)]) -> Result<(), &'static str> {
        if let [(target, weight)] = weights {
            return self.push(*target, Branch::Leaf, 0, *weight, (0, 0));
        }
        let first = u32::try_from(self.leaf_targets.len()).map_err(|_| "too many weights")?;
        for (target, weight) in weights {
            self.leaf_targets.push(*target);
            self.leaf_weights.push(*weight);
        }
        self.push(0, Branch::Weights, 0, 0.0, (first, weights.len() as u32))
    }

    /// Places the comparison: a chain of nodes, one for each threshold.
    fn branch(&mut self, compared: &Comparison) -> Result<std::ops::Range<usize>, &'static str> {
        let start = self.nodes.len();
        let flags = if compared.nan_is_true { NAN_IS_TRUE } else { 0 };
        // An empty set has no member: nothing equals NaN.
        let thresholds: &[f64] =
            if compared.thresholds.is_empty() { &[f64::NAN] } else { &compared.thresholds };
        for threshold in thresholds {
            let next = self.nodes.len() as u32 + 1;
            self.push(compared.feature, compared.branch, flags, *threshold, (0, next))?;
        }
        Ok(start..self.nodes.len())
    }

    fn push(
        &mut self,
        feature: u32,
        branch: Branch,
        flags: u32,
        value: f64,
        (when_true, when_false): (u32, u32),
    ) -> Result<(), &'static str> {
        if feature > MAX_FEATURE {
            return Err("a feature or target is too high");
        }
        let key = feature | (branch as u32) << 24 | flags;
        self.nodes.push(TreeNode { key, value: value as f32, when_true, when_false });
        self.values.push(value);
        Ok(())
    }
}
