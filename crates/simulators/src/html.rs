//! Plain HTML pages: no script, nothing from elsewhere.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};

const STYLE: &str = include_str!("page.css");

/// Text made safe for elements and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A link's target, if it is one that a browser may follow; otherwise nowhere.
pub(crate) fn link(url: &str) -> String {
    if url.starts_with("https://") || url.starts_with("http://") { escape(url) } else { "#".to_owned() }
}

/// A whole page around `body`, which is HTML already.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> HttpResponse {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <p class=\"banner\" role=\"note\"><strong>Stripe simulator</strong> – no real money</p>\n{body}\n</body>\n\
         </html>\n"
    );
    HttpResponse::build(status)
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
        ))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

/// On to another page, by GET whatever the method was.
pub(crate) fn redirect(url: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::{escape, link};

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(escape("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
        assert_eq!(link("javascript:alert(1)"), "#");
        assert_eq!(link("https://x.example/?a=1&b=2"), "https://x.example/?a=1&amp;b=2");
    }
}
