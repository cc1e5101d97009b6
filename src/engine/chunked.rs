//! A vector in pieces: it grows and shrinks without moving anything.

/// Elements of a piece. A table of 10,000 sessions that is one vector leaves holes of 2 MB behind as it grows, which malloc
/// does not give back.
const PIECE: usize = 256;

#[derive(Debug)]
pub struct Chunked<T> {
    /// All but the last are full.
    pieces: Vec<Vec<T>>,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { pieces: Vec::new() }
    }
}

impl<T> Chunked<T> {
    pub fn len(&self) -> usize {
        match self.pieces.last() {
            Some(last) => (self.pieces.len() - 1) * PIECE + last.len(),
            None => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub fn push(&mut self, value: T) {
        match self.pieces.last_mut() {
            Some(last) if last.len() < PIECE => last.push(value),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(value);
                self.pieces.push(piece);
            }
        }
    }

    pub fn pop_if(&mut self, condition: impl FnOnce(&mut T) -> bool) -> Option<T> {
        let last = self.pieces.last_mut()?;
        let value = last.pop_if(condition);
        if last.is_empty() {
            self.pieces.pop();
        }
        value
    }

    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.pieces.get(at / PIECE)?.get(at % PIECE)
    }

    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.pieces.get_mut(at / PIECE)?.get_mut(at % PIECE)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_vector() {
        let mut chunked = Chunked::default();
        for n in 0..1000 {
            assert_eq!(chunked.len(), n);
            chunked.push(n);
        }
        assert!(chunked.iter().copied().eq(0..1000));
        assert_eq!((chunked.get(999), chunked.get(1000)), (Some(&999), None));
        *chunked.get_mut(256).unwrap() = 7;
        assert_eq!(chunked.get(256), Some(&7));
        while chunked.pop_if(|n| *n > 300).is_some() {}
        assert_eq!((chunked.len(), chunked.pieces.len()), (301, 2));
        while chunked.pop_if(|_| true).is_some() {}
        assert!(chunked.is_empty());
    }
}
