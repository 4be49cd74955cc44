//! What is answered where no route takes a request: 405 for a known address with another method, else 404.

use std::{collections::BTreeSet, sync::LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
};

use crate::{ApiError, ApiResult, document, not_found};

/// The addresses of the API and the methods that each takes, as the document of the API has them.
static ADDRESSES: LazyLock<Vec<Address>> = LazyLock::new(|| {
    let paths = document().paths.paths;
    paths
        .iter()
        .map(|(template, item)| Address {
            segments: template.split('/').map(Segment::read).collect(),
            methods: [
                ("GET", item.get.is_some()),
                // Whatever can be got can be asked about.
                ("HEAD", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ]
            .into_iter()
            .filter_map(|(method, is_taken)| is_taken.then_some(method))
            .collect(),
        })
        .collect()
});

struct Address {
    segments: Vec<Segment>,
    methods: Vec<&'static str>,
}

enum Segment {
    Is(String),
    Any,
}

impl Segment {
    fn read(text: &str) -> Self {
        if text.starts_with('{') { Self::Any } else { Self::Is(text.to_owned()) }
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::Is(known) => known == text,
            Self::Any => !text.is_empty(),
        }
    }
}

/// The methods that an address takes; `None` where there is no such address.
fn allowed(path: &str) -> Option<String> {
    let segments: Vec<_> = path.split('/').collect();
    let matching = ADDRESSES.iter().filter(|address| {
        address.segments.len() == segments.len()
            && address.segments.iter().zip(&segments).all(|(segment, text)| segment.takes(text))
    });
    // `/x/check` may be a place of its own and an id of `/x/{id}`: both take requests.
    let mut methods: BTreeSet<_> = matching.flat_map(|address| address.methods.iter().copied()).collect();
    if methods.is_empty() {
        return None;
    }
    methods.insert("OPTIONS");
    Some(methods.into_iter().collect::<Vec<_>>().join(", "))
}

/// The answer for requests that no route takes.
pub async fn no_route(request: HttpRequest) -> ApiResult {
    let allowed = allowed(request.path()).ok_or_else(not_found)?;
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allowed)).finish());
    }
    Err(ApiError::method_not_allowed(&allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_know_their_methods() {
        assert_eq!(allowed("/api/v1/msp/events").as_deref(), Some("GET, HEAD, OPTIONS"));
        assert_eq!(allowed("/api/v1/auth/sign-in").as_deref(), Some("OPTIONS, POST"));
        assert_eq!(allowed("/api/v1/msp/customers/ACME").as_deref(), Some("GET, HEAD, OPTIONS, PATCH"));
        for unknown in ["/", "/api/v1", "/api/v1/msp/events/", "/api/v1/msp/customers//", "/api/v1/nothing/x"]
        {
            assert_eq!(allowed(unknown), None, "{unknown}");
        }
    }
}
