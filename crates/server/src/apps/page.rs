//! The page of an app with the brand of the host in it, so that the first thing to be seen is the tenant's.
//!
//! Whatever a tenant has written is escaped here, once, on its way into the page.

use api::{HostBrand, WebApp};
use app::auth::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::brand::PublicBrand;
use domain::brands::{DEFAULT_PRIMARY_COLOR, palette};

/// A page as `webbuild` has made it, cut open where the brand goes. What stands between the pieces is our own.
#[derive(Clone)]
pub struct Page {
    start: String,
    title: String,
    to_icon: String,
    icon: String,
    to_head: String,
    to_body: String,
    end: String,
}

/// A page as it is sent.
pub struct Branded {
    /// The document.
    pub html: String,
    /// The one style in it, as a Content-Security-Policy names it.
    pub style: String,
}

impl Page {
    /// Cuts a page open; `None` where it has not all the places, in their order.
    pub fn read(html: &str) -> Option<Self> {
        let (start, rest) = html.split_once("<title>")?;
        let (title, rest) = rest.split_once("</title>")?;
        let at = rest.find("<link rel=\"icon\"")?;
        let (to_icon, rest) = rest.split_at(at);
        let (icon, rest) = rest.split_at(rest.find('>')? + 1);
        let (to_head, rest) = rest.split_once("<!--head-->")?;
        let (to_body, end) = rest.split_once("<!--body-->")?;
        let [start, title, to_icon, icon, to_head, to_body, end] =
            [start, title, to_icon, icon, to_head, to_body, end].map(str::to_owned);
        Some(Self { start, title, to_icon, icon, to_head, to_body, end })
    }

    /// The page for a host. Without an answer about the host, it is a neutral one that asks again by itself.
    pub fn for_host(&self, app: WebApp, host: Option<&HostBrand>) -> Branded {
        let Self { start, title, to_icon, icon, to_head, to_body, end } = self;
        let look = Look::of(app, host);
        let title = look.name.map_or_else(|| title.clone(), escape);
        let icon = look.icon().unwrap_or_else(|| icon.clone());
        let meta = host.map(|host| meta(&host.brand)).unwrap_or_default();
        let theme = format!("<meta name=\"theme-color\" content=\"{}\">", look.primary());
        let style = look.style();
        let splash = look.splash();
        Branded {
            html: format!(
                "{start}<title>{title}</title>{to_icon}{icon}{to_head}{theme}\n{meta}<style>{style}</style>\
                 {to_body}{splash}{end}"
            ),
            style: format!("'sha256-{}'", STANDARD.encode(digest(style.as_bytes()))),
        }
    }
}

/// What the first view is made of.
struct Look<'a> {
    app: WebApp,
    /// None where the host is nobody's: then nobody is named.
    name: Option<&'a str>,
    logo: Option<&'a str>,
    favicon: Option<&'a str>,
    colors: [(&'static str, String); 4],
}

impl<'a> Look<'a> {
    fn of(app: WebApp, host: Option<&'a HostBrand>) -> Self {
        let brand = host.map(|host| &host.brand);
        let owned = host.filter(|host| host.owner.is_some()).map(|host| &host.brand);
        let name = owned.map(|brand| match app {
            WebApp::Portal => brand.portal_name.as_ref().unwrap_or(&brand.display_name).as_str(),
            WebApp::Dashboard => brand.display_name.as_str(),
        });
        let colors = brand.and_then(|brand| palette(&brand.primary_color));
        Self {
            app,
            name,
            logo: owned.and_then(|brand| brand.logo_url.as_deref()),
            favicon: owned.and_then(|brand| brand.favicon_url.as_deref()),
            colors: colors.or_else(|| palette(DEFAULT_PRIMARY_COLOR)).unwrap_or_default(),
        }
    }

    fn primary(&self) -> &str {
        &self.colors[0].1
    }

    /// What stands for the name where there is no room for more; empty where there is no name.
    fn initial(&self) -> String {
        let first = self.name.and_then(|name| name.chars().next());
        escape(&first.map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default())
    }

    /// The link to the icon, where it is not to be the built one.
    fn icon(&self) -> Option<String> {
        if let Some(favicon) = self.favicon {
            return Some(format!("<link rel=\"icon\" href=\"{}\">", escape(favicon)));
        }
        // The built icon is ours, and what customers see is not.
        (self.app == WebApp::Portal).then(|| {
            let drawing = STANDARD.encode(self.drawing());
            format!("<link rel=\"icon\" href=\"data:image/svg+xml;base64,{drawing}\" type=\"image/svg+xml\">")
        })
    }

    fn drawing(&self) -> String {
        let [(_, primary), (_, on_primary), ..] = &self.colors;
        let initial = self.initial();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">\
             <rect width=\"32\" height=\"32\" rx=\"8\" fill=\"{primary}\"/>\
             <text x=\"16\" y=\"22.5\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" font-size=\"19\" \
             font-weight=\"700\" fill=\"{on_primary}\">{initial}</text></svg>"
        )
    }

    /// The same properties that the app would set.
    fn style(&self) -> String {
        let properties = self.colors.each_ref().map(|(name, value)| format!("{name}:{value}"));
        format!(":root{{{}}}", properties.join(";"))
    }

    fn splash(&self) -> String {
        let name = escape(self.name.unwrap_or_default());
        let mark = match self.logo {
            Some(logo) => format!("<img src=\"{}\" alt=\"{name}\">", escape(logo)),
            None => format!("<span class=\"initial\" aria-hidden=\"true\">{}</span>", self.initial()),
        };
        format!("<div id=\"splash\" class=\"splash\" role=\"status\">{mark}<span>{name}</span></div>")
    }
}

/// The answer of `GET /api/v1/brand`, so that the app need not ask for it.
fn meta(brand: &PublicBrand) -> String {
    serde_json::to_string(brand)
        .map(|json| format!("<meta name=\"brand\" content=\"{}\">\n", escape(&json)))
        .unwrap_or_default()
}

/// A text in HTML and XML: in an element or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
