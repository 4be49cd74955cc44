//! Requests that may be sent again as they were.

use leptos::prelude::*;

use crate::Request;

/// What was sent last. Whether it arrived is not always known: sent as it was, it is still the same request, and does what
/// it asks for once.
pub struct Repeat<B: 'static>(StoredValue<Option<(B, Request)>, LocalStorage>);

impl<B> Clone for Repeat<B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Repeat<B> {}

impl<B: PartialEq> Repeat<B> {
    /// Nothing was.
    #[expect(clippy::new_without_default, reason = "it belongs to who makes it")]
    pub fn new() -> Self {
        Self(StoredValue::new_local(None))
    }

    /// The request for this body: the one before, where that had the same.
    pub fn request(self, body: B, make: impl FnOnce(&B) -> Request) -> Request {
        let same = |sent: &Option<(B, Request)>| {
            sent.as_ref().filter(|(before, _)| *before == body).map(|(_, request)| request.clone())
        };
        let request = self.0.with_value(same).unwrap_or_else(|| make(&body));
        self.0.set_value(Some((body, request.clone())));
        request
    }
}
