use std::collections::HashSet;

use super::person::Person;

/// The people to choose from, each once, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct People {
    all: Vec<Person>,
    /// The ids of those who are frozen at every account.
    frozen: HashSet<String>,
}

impl People {
    /// Of two with one identity the later counts, in the earlier's place.
    pub(crate) fn new(people: impl IntoIterator<Item = Person>) -> Self {
        let mut own = Self::default();
        for person in people {
            own.put(person);
        }
        own
    }

    pub(crate) fn all(&self) -> &[Person] {
        &self.all
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Person> {
        self.all.iter().find(|person| person.id() == id)
    }

    /// Adds somebody, or replaces whoever has the same identity.
    pub(crate) fn put(&mut self, person: Person) {
        match self.all.iter_mut().find(|known| **known == person) {
            Some(known) => *known = person,
            None => self.all.push(person),
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|person| person.id() != id);
        self.all.len() < before
    }

    pub(crate) fn freeze(&mut self, id: &str, frozen: bool) {
        if frozen {
            self.frozen.insert(id.to_owned());
        } else {
            self.frozen.remove(id);
        }
    }

    pub(crate) fn is_frozen(&self, id: &str) -> bool {
        self.frozen.contains(id)
    }
}
