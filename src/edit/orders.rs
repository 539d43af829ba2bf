//! In which order the parts of guides were done. A person who undoes two strokes and redoes them faster than the guide is
//! looked at brings both parts back at once; done in the order of then, they lead to the picture of then.

use super::operation::Operation;
use crate::limits;
use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The orders of the last guides that were followed. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Orders(Arc<VecDeque<Order>>);

#[derive(Clone)]
struct Order {
    /// The same whatever the order is.
    all: u64,
    parts: Box<[u64]>,
}

impl Order {
    fn of(parts: &[Operation]) -> Self {
        let parts: Box<[u64]> = parts.iter().map(fingerprint).collect();
        Self { all: parts.iter().fold(0, |sum, part| sum.wrapping_add(*part)), parts }
    }
}

impl Orders {
    /// Sorts parts as they were the last time they were all that a guide had; false if they never were.
    pub fn sort(&self, parts: &mut [Operation]) -> bool {
        let now = Order::of(parts);
        let Some(then) = self.0.iter().rev().find(|o| o.all == now.all && o.parts.len() == now.parts.len())
        else {
            return false;
        };
        parts.sort_by_cached_key(|part| {
            let part = fingerprint(part);
            then.parts.iter().position(|p| *p == part)
        });
        true
    }

    /// Notes the order of all parts of a guide.
    pub fn note(&mut self, parts: &[Operation]) {
        if parts.len() < 2 {
            return;
        }
        let now = Order::of(parts);
        let orders = Arc::make_mut(&mut self.0);
        orders.retain(|o| o.all != now.all);
        orders.push_back(now);
        if orders.len() > limits::GUIDE_ORDERS {
            orders.pop_front();
        }
    }
}

/// Tells painted parts from each other.
fn fingerprint(part: &Operation) -> u64 {
    let mut hasher = DefaultHasher::new();
    if let Operation::Paint { mode, layer, settings } = part {
        std::mem::discriminant(mode).hash(&mut hasher);
        (layer.size, layer.rect, &layer.weight, &layer.color).hash(&mut hasher);
        std::mem::discriminant(&settings.solver).hash(&mut hasher);
        (settings.strength.to_bits(), settings.freedom.to_bits(), settings.steps).hash(&mut hasher);
    }
    hasher.finish()
}
