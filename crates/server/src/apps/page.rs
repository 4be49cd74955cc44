//! The page of an app with the brand of the host in it, so that the first thing to be seen is the tenant's; and where
//! nobody is signed in, with the sign-in page in it, to be seen before the app is there.
//!
//! Whatever a tenant has written is escaped here, once, on its way into the page.

use std::collections::BTreeMap;

use api::{HostBrand, WebApp};
use app::auth::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::brand::PublicBrand;
use domain::brands::{DEFAULT_PRIMARY_COLOR, palette};

/// The language of a page, which is English until the app says otherwise.
const LANGUAGE: &str = "<html lang=\"en\">";

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
    doors: BTreeMap<String, Door>,
}

/// The sign-in page in a language, cut open in the same way.
#[derive(Clone)]
struct Door {
    title: String,
    head: String,
    to_mark: String,
    to_name: String,
    to_welcome: String,
    to_help: String,
    /// What the link to a page of help is called.
    help: String,
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
        start.contains(LANGUAGE).then_some(Self {
            start,
            title,
            to_icon,
            icon,
            to_head,
            to_body,
            end,
            doors: BTreeMap::new(),
        })
    }

    /// Adds the sign-in page in a language; false where it has not all the places.
    pub fn add_door(&mut self, language: &str, html: &str) -> bool {
        let door = Door::read(html);
        let read = door.is_some();
        self.doors.extend(door.map(|door| (language.to_owned(), door)));
        read
    }

    /// The languages that the sign-in page is there in.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.doors.keys().map(String::as_str)
    }

    /// The page for a host, with the sign-in page in a language, if it is to have one. Without an answer about the host,
    /// it is a neutral one that asks again by itself.
    pub fn for_host(&self, app: WebApp, host: Option<&HostBrand>, door: Option<&str>) -> Branded {
        let Self { start, title, to_icon, icon, to_head, to_body, end, .. } = self;
        let look = Look::of(app, host);
        let door = door.and_then(|language| self.doors.get_key_value(language)).zip(host);
        let name = look.name.map_or_else(|| title.clone(), escape);
        let (start, title, head, first) = match door {
            Some(((language, door), host)) => (
                start.replace(LANGUAGE, &format!("<html lang=\"{language}\">")),
                look.name.map_or_else(|| door.title.clone(), |_| format!("{} · {name}", door.title)),
                door.head.as_str(),
                door.branded(&look, &host.brand),
            ),
            None => (start.clone(), name, "", look.splash()),
        };
        let icon = look.icon().unwrap_or_else(|| icon.clone());
        let meta = host.map(|host| meta(&host.brand)).unwrap_or_default();
        let theme = format!("<meta name=\"theme-color\" content=\"{}\">", look.primary());
        let style = look.style();
        Branded {
            html: format!(
                "{start}<title>{title}</title>{to_icon}{icon}{to_head}{theme}\n{meta}<style>{style}</style>\
                 {head}{to_body}{first}{end}"
            ),
            style: format!("'sha256-{}'", STANDARD.encode(digest(style.as_bytes()))),
        }
    }
}

impl Door {
    fn read(html: &str) -> Option<Self> {
        let (title, rest) = html.strip_prefix("<title>")?.split_once("</title>")?;
        let (head, rest) = rest.strip_prefix("<!--head-->")?.split_once("<!--body-->")?;
        let (to_mark, rest) = rest.split_once("<!--mark-->")?;
        let (to_name, rest) = rest.split_once("<!--name-->")?;
        let (to_welcome, rest) = rest.split_once("<!--welcome-->")?;
        let (to_help, rest) = rest.split_once("<!--help ")?;
        let (help, end) = rest.split_once("-->")?;
        let [title, head, to_mark, to_name, to_welcome, to_help, help, end] =
            [title, head, to_mark, to_name, to_welcome, to_help, help, end].map(str::to_owned);
        Some(Self { title, head, to_mark, to_name, to_welcome, to_help, help, end })
    }

    /// As the app would show it (`frame::sign_in`).
    fn branded(&self, look: &Look, brand: &PublicBrand) -> String {
        let Self { to_mark, to_name, to_welcome, to_help, end, .. } = self;
        let mark = match look.logo {
            Some(logo) => format!("<img class=\"logo large\" src=\"{}\" alt=\"\">", escape(logo)),
            None => {
                format!("<span class=\"mark large\" aria-hidden=\"true\">{}</span>", look.initial())
            }
        };
        let name = escape(look.name.unwrap_or_default());
        let welcome = brand.login_message.as_deref().map(escape);
        let welcome =
            welcome.map(|words| format!("<p class=\"mut welcome\">{words}</p>")).unwrap_or_default();
        let help = self.ways(brand);
        format!("{to_mark}{mark}{to_name}{name}{to_welcome}{welcome}{to_help}{help}{end}")
    }

    fn ways(&self, brand: &PublicBrand) -> String {
        let link = |href: &str, name: &str| {
            format!("<a class=\"link\" href=\"{}\">{}</a>", escape(href), escape(name))
        };
        let email = brand.support_email.as_ref().map(|email| link(&format!("mailto:{email}"), email));
        let phone = brand.support_phone.as_ref();
        let phone = phone.map(|phone| link(&format!("tel:{}", phone.replace(' ', "")), phone));
        let url = brand.support_url.as_ref().map(|url| link(url, &self.help));
        let ways: String = [email, phone, url].into_iter().flatten().collect();
        if ways.is_empty() { ways } else { format!("<footer class=\"door-help\">{ways}</footer>") }
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
