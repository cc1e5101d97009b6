//! Which of an I/O thread's sessions belong to a user.

use std::collections::HashMap;
use std::sync::Arc;

/// User identifiers to slots. A user is here while a session of theirs is open.
#[derive(Debug, Default)]
pub struct Users {
    by_name: HashMap<Arc<str>, Vec<u32>>,
}

impl Users {
    /// Notes that the session belongs to the user, and returns the name that all sessions of the user share.
    pub fn add(&mut self, name: &str, slot: u32) -> Arc<str> {
        if let Some((name, _)) = self.by_name.get_key_value(name) {
            let name = Arc::clone(name);
            if let Some(slots) = self.by_name.get_mut(&name) {
                slots.push(slot);
            }
            return name;
        }
        let name: Arc<str> = name.into();
        self.by_name.insert(Arc::clone(&name), vec![slot]);
        name
    }

    pub fn remove(&mut self, name: &str, slot: u32) {
        if let Some(slots) = self.by_name.get_mut(name) {
            // A user has a handful of sessions.
            slots.retain(|s| *s != slot);
            if slots.is_empty() {
                self.by_name.remove(name);
            }
        }
    }

    pub fn slots(&self, name: &str) -> &[u32] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_while_a_session_is_open() {
        let mut users = Users::default();
        let name = users.add("alice", 3);
        assert!(Arc::ptr_eq(&name, &users.add("alice", 5)), "one name for all sessions");
        assert_eq!(users.slots("alice"), [3, 5]);
        users.remove("alice", 3);
        users.remove("bob", 5);
        assert_eq!(users.slots("alice"), [5]);
        users.remove("alice", 5);
        assert!(users.slots("alice").is_empty() && users.is_empty());
    }
}
