//! Where in a request the reader is, as a JSON pointer.

/// A path from the top of the request.
#[derive(Debug, Default, Clone)]
pub(super) struct Place {
    /// The field that the whole list is in, when the request is wrapped.
    pub(super) within: Option<&'static str>,
    /// The element, when the request is a list.
    pub(super) element: Option<usize>,
    /// The key in the object.
    pub(super) key: Option<String>,
    /// Positions in nested lists below the key.
    pub(super) indices: Vec<usize>,
}

impl Place {
    /// Goes to a key. Of many in a row only the longest takes memory.
    pub(super) fn enter(&mut self, name: &str) {
        let key = self.key.get_or_insert_default();
        key.clear();
        key.push_str(name);
    }

    /// The JSON pointer (RFC 6901); `None` at the top.
    pub(super) fn pointer(&self) -> Option<String> {
        let mut pointer = String::new();
        let mut push = |part: &str| {
            pointer.push('/');
            pointer.push_str(part);
        };
        if let Some(within) = self.within {
            push(within);
        }
        if let Some(element) = self.element {
            push(&element.to_string());
        }
        if let Some(key) = &self.key {
            push(&key.replace('~', "~0").replace('/', "~1"));
        }
        for index in &self.indices {
            push(&index.to_string());
        }
        (!pointer.is_empty()).then_some(pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_pointer_reserves() {
        let key = Some("a/b~c".into());
        let mut place = Place { within: None, element: Some(3), key, indices: vec![0, 12] };
        assert_eq!(place.pointer().as_deref(), Some("/3/a~1b~0c/0/12"));
        place.within = Some("instances");
        assert_eq!(place.pointer().as_deref(), Some("/instances/3/a~1b~0c/0/12"));
        assert_eq!(Place::default().pointer(), None);
    }
}
