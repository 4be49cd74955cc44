use super::*;
use proptest::prelude::*;

const LIMITS: Limits = Limits { max_bytes: 200_000, max_pixels: 4_000_000, max_side: 1024 };
const HEAD: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 20 10">"#;
const DOT: &str = r#"<circle cx="5" cy="5" r="4" fill="red"/>"#;

fn clean(svg: &str) -> Result<String, Refused> {
    crate::accept(svg.as_bytes(), LIMITS).map(|picture| String::from_utf8(picture.bytes).unwrap())
}

/// What becomes of something next to a red dot.
fn with(content: &str) -> String {
    clean(&format!("{HEAD}{content}{DOT}</svg>")).unwrap()
}

/// Only what the rules allow: this reads the result on its own, without the lists that it was written from.
fn assert_harmless(name: &str, svg: &str) {
    let document = Document::parse(svg).unwrap();
    for node in document.descendants() {
        assert!(!node.is_pi() && !node.is_comment(), "{name}: {svg}");
        if !node.is_element() {
            continue;
        }
        assert_eq!(node.tag_name().namespace(), Some(NAMESPACE), "{name}: {svg}");
        let tag = node.tag_name().name().to_lowercase();
        let banned = [
            "script",
            "foreignobject",
            "iframe",
            "image",
            "feimage",
            "a",
            "animate",
            "set",
            "animatetransform",
            "animatemotion",
            "handler",
            "listener",
            "audio",
            "video",
            "object",
            "embed",
            "link",
            "filter",
            "discard",
        ];
        assert!(!banned.contains(&tag.as_str()), "{name}: {svg}");
        for attribute in node.attributes() {
            let (key, value) = (attribute.name().to_lowercase(), attribute.value().to_lowercase());
            assert!(!key.starts_with("on"), "{name}: {svg}");
            assert!(
                !["src", "formaction", "filter", "cursor", "base"].contains(&key.as_str()),
                "{name}: {svg}"
            );
            assert!(key != "href" || value.starts_with('#'), "{name}: {svg}");
            assert!(attribute.namespace().is_none(), "{name}: {svg}");
            assert_stays_inside(name, &value);
        }
        if tag == "style" {
            assert_stays_inside(name, &node.text().unwrap_or_default().to_lowercase());
        }
    }
}

fn assert_stays_inside(name: &str, text: &str) {
    for word in
        ["javascript", "data:", ".svg", "http:", "https:", "//", "@", "\\", "expression", "image-set", "<"]
    {
        let known = text == NAMESPACE;
        assert!(known || !text.contains(word), "{name}: {text}");
    }
    let local = text.matches("url(#").count();
    assert_eq!(text.matches("url(").count(), local, "{name}: {text}");
}

#[test]
fn attacks_leave_only_the_dot() {
    let attacks = [
        ("script", "<script>alert(1)</script>"),
        ("script in CDATA", "<script><![CDATA[alert(1)]]></script>"),
        ("script by reference", r#"<script xlink:href="https://evil.example/x.js"/>"#),
        (
            "script of another namespace",
            r#"<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>"#,
        ),
        (
            "handler",
            r#"<rect onload="alert(1)" ONCLICK="alert(1)" onfocusin="alert(1)" width="1" height="1"/>"#,
        ),
        (
            "foreign object",
            r#"<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>1</script></body></foreignObject>"#,
        ),
        ("link", r#"<a href="javascript:alert(1)"><rect width="9" height="9"/></a>"#),
        ("link, old spelling", r#"<a xlink:href="https://evil.example"><text>Pay here</text></a>"#),
        (
            "animation of a link",
            r#"<a id="x"><animate attributeName="href" values="javascript:alert(1)"/></a>"#,
        ),
        ("set", r##"<set href="#x" attributeName="onclick" to="alert(1)"/>"##),
        ("animated motion", r#"<animateMotion onbegin="alert(1)" dur="1s"/>"#),
        ("image", r#"<image href="https://evil.example/pixel.gif"/>"#),
        ("image, data", r#"<image href="data:image/svg+xml;base64,PHN2Zy8+"/>"#),
        ("use of another file", r#"<use href="https://evil.example/x.svg#a"/>"#),
        ("use of data", r#"<use xlink:href="data:image/svg+xml,&lt;svg id='x'/>#x"/>"#),
        ("gradient of another file", r#"<linearGradient href="//evil.example/x.svg#a"/>"#),
        ("fill of another file", r#"<rect width="1" height="1" fill="url(https://evil.example/x.svg#a)"/>"#),
        ("fill, quoted", r#"<rect width="1" height="1" fill="URL( 'https://evil.example/#a' )"/>"#),
        (
            "fill of another file, no scheme",
            r#"<rect width="1" height="1" fill="url(//evil.example/x.svg#a)"/>"#,
        ),
        ("fill of a file next to it", r#"<rect width="1" height="1" fill="url(x.svg#a) red"/>"#),
        ("stroke, quoted", r#"<rect width="1" height="1" style="stroke: url( '//evil.example#a' )"/>"#),
        (
            "handler with a plain value",
            r#"<rect width="1" height="1" onclick="f" formaction="x" src="x" filter="x"/>"#,
        ),
        ("filter of another file", r#"<rect width="1" height="1" filter="url(//evil.example#a)"/>"#),
        ("cursor", r#"<rect width="1" height="1" cursor="url(https://evil.example/x.cur)"/>"#),
        (
            "style attribute",
            r#"<rect style="fill:url(https://evil.example/a);background:url(//b)" width="1" height="1"/>"#,
        ),
        ("style, escaped", r#"<rect style="fill:u\72l(https://evil.example/a)" width="1" height="1"/>"#),
        ("style, commented", r#"<rect style="fill:ur/**/l(https://evil.example/a)" width="1" height="1"/>"#),
        (
            "style, image-set",
            r#"<rect style="mask:image-set('https://evil.example/a' 1x)" width="1" height="1"/>"#,
        ),
        ("style, expression", r#"<rect style="width:expression(alert(1))" width="1" height="1"/>"#),
        ("style, binding", r#"<rect style="-moz-binding:url(//evil.example#x)" width="1" height="1"/>"#),
        ("import", "<style>@import url(https://evil.example/x.css); circle{fill:red}</style>"),
        ("import in text", "<style>@import 'https://evil.example/x.css';</style>"),
        ("font", "<style>@font-face{font-family:x;src:url(https://evil.example/x.woff)}</style>"),
        ("style sheet that loads", "<style>circle{fill:url(https://evil.example/x)}</style>"),
        ("style in a medium", "<style>@media screen{circle{fill:url(//evil.example/x)}}</style>"),
        ("style that ends early", "<style>&lt;/style>&lt;script>alert(1)&lt;/script></style>"),
        ("style by instruction", "<?xml-stylesheet href='https://evil.example/x.css'?>"),
        ("comment", "<!-- --><!-- <script>alert(1)</script> -->"),
        ("frame", r#"<iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/>"#),
        ("base", r#"<g xml:base="https://evil.example/"><rect width="1" height="1"/></g>"#),
        (
            "handler element",
            r#"<handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load">alert(1)</handler>"#,
        ),
        ("audio", r#"<audio xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>"#),
        ("filter that loads", r#"<filter id="f"><feImage href="https://evil.example"/></filter>"#),
        ("unknown element", "<blink>x</blink>"),
        ("namespace as attribute", r#"<g xmlns:on="x" on:load="alert(1)"><rect width="1" height="1"/></g>"#),
    ];
    for (name, attack) in attacks {
        let result = with(attack);
        assert_harmless(name, &result);
        assert!(result.contains(r#"<circle cx="5" cy="5" r="4" fill="red">"#), "{name}: {result}");
    }
}

#[test]
fn what_cannot_be_made_safe_is_refused() {
    let entity = format!("<!DOCTYPE svg [<!ENTITY a \"x\">]>{HEAD}<text>&a;</text></svg>");
    let external =
        format!("<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{HEAD}<text>&a;</text></svg>");
    let deep = format!("{HEAD}{}{DOT}{}</svg>", "<g>".repeat(70), "</g>".repeat(70));
    let very_deep = format!("{HEAD}{}", "<g>".repeat(15_000));
    let many = format!("{HEAD}{}</svg>", "<g/>".repeat(21_000));
    let layers = format!("{HEAD}{}</svg>", r#"<rect opacity=".5"/>"#.repeat(510));
    let sheet = format!("{HEAD}<style>.a{{opacity:.5}}</style>{}</svg>", r#"<rect class="a"/>"#.repeat(510));
    let chain = |reference: &dyn Fn(u32) -> String| {
        let links: Vec<String> =
            (0..14).map(|n| format!(r#"<g id="g{}">{}{}</g>"#, n + 1, reference(n), reference(n))).collect();
        let links = links.concat();
        format!(r##"{HEAD}<defs><g id="g0">{DOT}</g>{links}</defs><use href="#g14"/></svg>"##)
    };
    let laughs = chain(&|n| format!(r##"<use href="#g{n}"/>"##));
    let masks = chain(&|n| format!(r#"<rect mask="url(#g{n})"/>"#));
    let styled = chain(&|n| format!(r#"<rect style="clip-path: url( '#g{n}' )"/>"#));
    let classes: Vec<String> = (0..14).map(|n| format!(".c{n}{{mask:url(#g{n})}}")).collect();
    let classes = classes.concat();
    let classes = chain(&|n| format!(r#"<rect class="c{n}"/>"#))
        .replace("<defs>", &format!("<style>{classes}</style><defs>"));
    for (name, svg) in [
        ("entity", entity.as_str()),
        ("external entity", &external),
        ("undeclared entity", &format!("{HEAD}&nbsp;{DOT}</svg>")),
        ("deep", &deep),
        ("very deep", &very_deep),
        ("many", &many),
        ("many layers", &layers),
        ("many layers by style sheet", &sheet),
        ("billion laughs by use", &laughs),
        ("billion masks", &masks),
        ("billion clips by style", &styled),
        ("billion masks by class", &classes),
        ("itself", &format!(r##"{HEAD}<g id="a"><use href="#a"/></g></svg>"##)),
        (
            "itself, the long way",
            &format!(
                r#"{HEAD}<mask id="a"><rect mask="url(#b)"/></mask><mask id="b"><rect mask="url(#a)"/></mask>{DOT}</svg>"#
            ),
        ),
        ("nothing", &format!("{HEAD}</svg>")),
        ("nothing but a script", &format!("{HEAD}<script>1</script></svg>")),
        ("no namespace", "<svg><circle r='4'/></svg>"),
        ("HTML", "<html><body><svg xmlns='http://www.w3.org/2000/svg'><circle r='4'/></svg></body></html>"),
        ("cut off", &format!("{HEAD}{DOT}")),
        ("two roots", &format!("{HEAD}{DOT}</svg>{HEAD}{DOT}</svg>")),
        ("trailing script", &format!("{HEAD}{DOT}</svg><script>alert(1)</script>")),
        ("not UTF-8", "<svg\u{0}"),
    ] {
        let result = clean(svg);
        assert!(matches!(result, Err(Refused::UnusableSvg(_))), "{name}: {result:?}");
    }
    for (name, svg) in [("use", &laughs), ("masks", &masks), ("clips", &styled), ("classes", &classes)] {
        assert_eq!(clean(svg), Err(Refused::UnusableSvg("it is too much to draw")), "{name}");
    }
    let latin = [HEAD.as_bytes(), b"<title>\xe9</title>", DOT.as_bytes(), b"</svg>"].concat();
    assert!(matches!(crate::accept(&latin, LIMITS), Err(Refused::UnusableSvg(_))));
}

#[test]
fn a_real_logo_keeps_its_looks() {
    let logo = r##"<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: a drawing program -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Layer_1" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  x="0px" y="0px" width="200px" height="100px" viewBox="0 0 200 100" style="enable-background:new 0 0 200 100;" xml:space="preserve">
<style type="text/css"> .st0{fill:url(#SVGID_1_);} .st1, .st2{clip-path:url(#clip);fill:#1E88E5 !important;} /* x */ </style>
<defs><clipPath id="clip"><rect width="200" height="100"/></clipPath><path id="p" d="M0,0l10-5.5e1z"/></defs>
<linearGradient id="SVGID_1_" gradientUnits="userSpaceOnUse" x1="0" y1="50" x2="200" y2="50" gradientTransform="matrix(1 0 0 -1 0 100)">
<stop offset="0" style="stop-color:#FF0000"/><stop offset="1" stop-color="rgb(0, 0, 255)"/></linearGradient>
<g transform="translate(10, 10) rotate(-5)"><path class="st0" d="M0 0h100v50H0z"/><use xlink:href="#p" class="st1"/></g>
</svg>"##;
    let result = clean(logo).unwrap();
    assert_harmless("logo", &result);
    for part in [
        r#"width="200" height="100" viewBox="0 0 200 100""#,
        ".st0{fill:url(#SVGID_1_)}",
        ".st1,.st2{clip-path:url(#clip);fill:#1E88E5!important}",
        r#"gradientTransform="matrix(1 0 0 -1 0 100)""#,
        r#"style="stop-color:#FF0000""#,
        r##"<use href="#p" class="st1">"##,
        r#"<path class="st0" d="M0 0h100v50H0z">"#,
        r#"transform="translate(10, 10) rotate(-5)""#,
    ] {
        assert!(result.contains(part), "{part} is not in {result}");
    }
    // What was cleaned once stays as it is.
    assert_eq!(clean(&result).unwrap(), result);
}

#[test]
fn what_asks_for_nothing_costs_nothing() {
    let plain = r#"<rect style="opacity:1;fill-opacity:.5;isolation:auto;clip-path:none" opacity="1"/>"#;
    assert!(clean(&format!("{HEAD}{}</svg>", plain.repeat(2_000))).is_ok());
}

#[test]
fn text_stays_text() {
    let result = with(r#"<text font-family="'Open Sans', sans-serif">&lt;script> &amp; "x"</text>"#);
    assert!(result.contains("&lt;script&gt; &amp; &quot;x&quot;</text>"), "{result}");
    assert_harmless("text", &result);
}

#[test]
fn a_small_file_does_not_become_a_large_one() {
    let quotes = "'".repeat(150_000);
    assert_eq!(clean(&format!("{HEAD}<text>{quotes}</text></svg>")), Err(Refused::TooDetailed));
}

#[test]
fn sizes() {
    let size = |attributes: &str| {
        let svg = format!("<svg xmlns='{NAMESPACE}' {attributes}>{DOT}</svg>");
        let picture = crate::accept(svg.as_bytes(), LIMITS).unwrap();
        (picture.width, picture.height)
    };
    assert_eq!(size("viewBox='0 0 20 10'"), (20, 10));
    assert_eq!(size("width='40' height='20px' viewBox='0 0 20 10'"), (40, 20));
    assert_eq!(size("width='100%' height='1em' viewBox='0 0 20 10'"), (20, 10));
    assert_eq!(size("viewBox='0,0,4096,2048'"), (1024, 512));
    assert_eq!(size("viewBox='0 0 1e300 1'"), (512, 512));
    assert_eq!(size("viewBox='0 0 NaN inf'"), (512, 512));
    assert_eq!(size("width='-5' height='0'"), (512, 512));
    assert_eq!(size("width='1000000' height='0.01'"), (1024, 1));
}

#[test]
fn drawn_as_png() {
    let svg = clean(&format!("{HEAD}{DOT}</svg>")).unwrap();
    let png = to_png(svg.as_bytes(), 200).unwrap();
    let picture = image::load_from_memory(&png).unwrap().to_rgba8();
    assert_eq!(picture.dimensions(), (200, 100));
    assert_eq!(picture.get_pixel(50, 50).0, [255, 0, 0, 255]);
    assert_eq!(picture.get_pixel(150, 50).0, [0, 0, 0, 0]);
    // No fonts, no half a logo.
    assert_eq!(to_png(with("<text>Northwind</text>").as_bytes(), 200), None);
}

proptest! {
    #[test]
    fn whatever_comes_out_is_harmless(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "<g>", "</g>", "<a href='javascript:1'>", "</a>", "<style>", "</style>", "<circle r='1'/>", "<!--", "-->",
                "<![CDATA[", "]]>", "<script>", "</script>", "@import 'x';", ".a{fill:url(//x)}", ".a{fill:url(#b)}",
                "<use href='#b'/>", "<use id='b' xlink:href='http://x#b'/>", "&lt;", "&#x3c;", "\\", "url(", ")", "{", "}",
                "<rect style='fill:url(", "' onload='x' fill='", "'/>", "x", "<text>", "</text>", "<mask id='b'>", "</mask>",
            ]),
            0..12,
        ),
    ) {
        if let Ok(result) = clean(&format!("{HEAD}{}{DOT}</svg>", parts.concat())) {
            let document = Document::parse(&result);
            prop_assert!(document.is_ok(), "{}", result);
            let tags = ["text", "title", "desc", "tspan"];
            // Text that people read may say anything.
            if !tags.iter().any(|tag| result.contains(&format!("<{tag}"))) {
                assert_harmless("mixed", &result);
            }
            let _ = to_png(result.as_bytes(), 16);
        }
    }

    #[test]
    fn harmless_values_do_not_leave(value in "[a-zA-Z#()/:'\"\\\\ ,.@-]{0,2}(url|URL|src|rgb|image)?\\(?[#'/a-z:]{0,8}\\)?") {
        if value::is_harmless(&value) {
            assert_stays_inside_value(&value)?;
        }
    }
}

fn assert_stays_inside_value(value: &str) -> Result<(), TestCaseError> {
    let lower = value.to_lowercase().replace(['"', '\'', ' '], "");
    prop_assert!(!lower.contains(':') && !lower.contains('\\') && !lower.contains('@'), "{}", value);
    prop_assert_eq!(lower.matches("url(").count(), lower.matches("url(#").count(), "{}", value);
    Ok(())
}
