//! Vectors that cost little while they hold nothing or one: most connections are in one room.

use std::ops::{Deref, DerefMut};

/// A vector in one word, which is mostly empty.
#[derive(Debug)]
#[allow(clippy::box_collection, reason = "a word instead of three, in each connection")]
pub struct Thin<T>(Option<Box<Vec<T>>>);

/// A vector that keeps one element in place.
#[derive(Debug)]
pub enum Few<T> {
    One(T),
    Other(Thin<T>),
}

impl<T> Default for Thin<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<Vec<T>> for Thin<T> {
    fn from(values: Vec<T>) -> Self {
        Self((!values.is_empty()).then(|| Box::new(values)))
    }
}

impl<T> From<Thin<T>> for Vec<T> {
    fn from(thin: Thin<T>) -> Self {
        thin.0.map_or_else(Vec::new, |values| *values)
    }
}

impl<T> Deref for Thin<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T> Thin<T> {
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if let Some(values) = &mut self.0 {
            values.retain(keep);
            if values.is_empty() {
                self.0 = None;
            }
        }
    }

    pub fn push(&mut self, value: T) {
        self.0.get_or_insert_default().push(value);
    }

    /// Panics unless `at` is the place of an element.
    pub fn swap_remove(&mut self, at: usize) -> T {
        let values = self.0.get_or_insert_default();
        let value = values.swap_remove(at);
        if values.is_empty() {
            self.0 = None;
        }
        value
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self::Other(Thin::default())
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Other(values) => values,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::One(value) => std::slice::from_mut(value),
            Self::Other(values) => values.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice),
        }
    }
}

impl<T> Few<T> {
    pub fn push(&mut self, value: T) {
        *self = match std::mem::take(self) {
            Self::One(first) => Self::Other(vec![first, value].into()),
            Self::Other(values) if values.is_empty() => Self::One(value),
            Self::Other(mut values) => {
                values.push(value);
                Self::Other(values)
            }
        };
    }

    /// Panics unless `at` is the place of an element.
    pub fn swap_remove(&mut self, at: usize) -> T {
        match std::mem::take(self) {
            Self::One(value) => {
                assert_eq!(at, 0, "there is one element");
                value
            }
            Self::Other(mut values) => {
                let value = values.swap_remove(at);
                *self = Self::Other(values);
                value
            }
        }
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, others) = match self {
            Self::One(value) => (Some(value), Vec::new()),
            Self::Other(values) => (None, values.into()),
        };
        one.into_iter().chain(others)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[cfg(target_pointer_width = "64")]
    const _: () = assert!(size_of::<Thin<u8>>() == 8 && size_of::<Few<Arc<str>>>() == 16);

    #[test]
    fn few_is_a_vector() {
        let (mut few, mut vector) = (Few::default(), Vec::new());
        for n in 0..4 {
            few.push(n);
            vector.push(n);
            assert_eq!(*few, *vector);
        }
        few[1] = 7;
        vector[1] = 7;
        for at in [1, 2, 0, 0] {
            assert_eq!(few.swap_remove(at), vector.swap_remove(at));
            assert_eq!(*few, *vector);
        }
        few.push(5);
        assert!(matches!(few, Few::One(5)), "in place again");
        assert_eq!(few.swap_remove(0), 5);
        assert!(few.is_empty());
        for n in 0..3 {
            few.push(n);
            assert!(few.iter().copied().eq(0..=n));
        }
        assert!(few.into_iter().eq(0..3));
    }
}
