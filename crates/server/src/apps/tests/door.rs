//! The sign-in page in the document, for those who are not signed in.

use super::*;

/// Asks as a browser that nobody is signed in with.
async fn knock(app: &TestApp, address: &str, host: &str, languages: &str) -> Shown {
    show_at(app, address, host, "", languages).await
}

/// The sign-in page, if it is there.
fn door(page: &Shown) -> Option<&str> {
    let main = "<main id=\"splash\" class=\"door\">";
    page.body.contains(main).then(|| page.between(main, "</main>"))
}

#[actix_web::test]
async fn who_is_not_signed_in_is_sent_the_sign_in_page() {
    let app = with_hosts().await;
    let host = "portal.northwind.example";
    for address in
        ["/", "/sign-in", "/sign-in?to=%2Finvoices", "/invoices/INV-1", "/invitations", "/paymentx"]
    {
        let page = knock(&app, address, host, "en").await;
        let door = door(&page).unwrap_or_else(|| panic!("{address}: {}", page.body));
        assert_eq!(page.title(), "Sign in · Northwind Care", "{address}");
        assert!(
            door.contains(
                "<span class=\"mark large\" aria-hidden=\"true\">N</span><span>Northwind Care</span>"
            )
        );
        assert!(
            door.contains("<h1 tabindex=\"-1\">Sign in</h1><form"),
            "nothing is said where nothing is: {door}"
        );
        assert!(!door.contains("<footer") && !door.contains("<!--"), "{door}");
        // What is sent before the app is there is in no address.
        assert!(door.contains("<form class=\"form\" method=\"post\" action=\"/sign-in\""), "{door}");
        assert_eq!(page.body.matches("<script").count(), page.body.matches("<script src=").count() + 1);
        assert_eq!(page.body.matches("id=\"splash\"").count(), 1);
        assert!(page.style().starts_with(":root{--brand-primary:#0b6bcb;"));
        assert_eq!(page.header("vary"), "Cookie, Accept-Language");
    }
    // These are for everybody.
    for address in
        ["/forgot-password", "/reset-password?token=x", "/invitation", "/payment/done", "/payment/done/"]
    {
        let page = knock(&app, address, host, "en").await;
        assert!(door(&page).is_none() && page.title() == "Northwind Care", "{address}");
    }
    // The session's cookies do not come along with a link from elsewhere; which app it is does.
    for cookie in ["__Host-access=x", "__Host-refresh=x", "__Host-app=portal", "__Host-app=dashboard"] {
        let page = show_at(&app, "/sign-in", host, cookie, "en").await;
        assert!(door(&page).is_none(), "{cookie}");
    }
    // Where nothing is known about the host, the app asks, and nothing is to change while somebody types.
    let sql = app.database().superuser().await;
    sql.run("revoke select on tenant_hosts from bailiwick_system").await;
    assert!(door(&knock(&app, "/sign-in", host, "en").await).is_none());
    sql.run("grant select on tenant_hosts to bailiwick_system").await;
    app.finish().await;
}

#[actix_web::test]
async fn the_sign_in_page_has_the_brand_of_its_host() {
    let app = with_hosts().await;
    let brand = json!({
        "display_name": "Northwind", "portal_name": "A & <b>B</b>", "primary_color": "#112233", "accent_color": "#445566",
        "login_message": "Welcome.\n</main><script>alert(1)</script>", "support_email": "help@northwind.example",
        "support_phone": "+1 555 0100", "support_url": "https://northwind.example/?a=1&b=2",
        "hosts": ["portal.northwind.example"],
    });
    let northwind = app.client("northwind_admin").await;
    northwind.put("/api/v1/msp/brand", &brand).await.expect(200);
    let drawing = northwind.request(Method::PUT, "/api/v1/msp/brand/logo").bytes("image/svg+xml", DRAWING);
    drawing.send().await.expect(200);

    let page = knock(&app, "/sign-in", "portal.northwind.example", "de-CH, en;q=0.5").await;
    let logo = page.brand()["logo_url"].as_str().unwrap().to_owned();
    let found = door(&page).unwrap();
    let (head, _) = found.split_once("<form").unwrap();
    assert_eq!(
        head,
        format!(
            "<div class=\"door-box\"><div class=\"door-brand\"><img class=\"logo large\" src=\"{logo}\" alt=\"\">\
             <span>A &amp; &lt;b&gt;B&lt;/b&gt;</span></div><h1 tabindex=\"-1\">Anmelden</h1>\
             <p class=\"mut welcome\">Welcome.\n&lt;/main&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>"
        )
    );
    let (_, help) = found.split_once("</div><footer").unwrap();
    assert_eq!(
        help,
        " class=\"door-help\"><a class=\"link\" href=\"mailto:help@northwind.example\">help@northwind.example</a>\
         <a class=\"link\" href=\"tel:+15550100\">+1 555 0100</a>\
         <a class=\"link\" href=\"https://northwind.example/?a=1&amp;b=2\">Hilfe</a></footer>"
    );
    assert_eq!(page.title(), "Anmelden · A &amp; &lt;b&gt;B&lt;/b&gt;");
    assert!(page.body.starts_with("<!doctype html>\n<html lang=\"de\">"));
    for word in ["bailiwick", "harbor"] {
        assert!(!page.body.to_lowercase().contains(word), "{word} in {}", page.body);
    }

    // A host of nobody names nobody.
    let page = knock(&app, "/", "nobody.example", "en").await;
    assert_eq!(page.title(), "Sign in");
    let mark = "<span class=\"mark large\" aria-hidden=\"true\"></span><span></span>";
    assert!(door(&page).unwrap().contains(mark), "{}", page.body);
    app.finish().await;
}

#[actix_web::test]
async fn the_sign_in_page_is_in_the_language_that_the_app_will_choose() {
    let app = with_hosts().await;
    for (cookie, languages, expected) in [
        ("", "", "en"),
        ("", "de", "de"),
        ("", "DE-at,en;q=0.8", "de"),
        ("", "fr-FR, fr;q=0.9, de;q=0.5, en;q=0.4", "de"),
        ("", "en;q=0.4, de;q=0.5", "de"),
        ("", "fr", "en"),
        ("", "*", "en"),
        ("", "no language at all; q=x", "en"),
        ("language=de", "en", "de"),
        ("language=en", "de", "en"),
        ("language=../de", "de", "de"),
    ] {
        let page = show_at(&app, "/sign-in", "portal.northwind.example", cookie, languages).await;
        let said = if expected == "de" { "Anmelden" } else { "Sign in" };
        let lang = page.between("<html lang=\"", "\"");
        assert_eq!(
            (lang, page.between("<h1 tabindex=\"-1\">", "<")),
            (expected, said),
            "{cookie} {languages}"
        );
    }
    // What is not the sign-in page is English until the app is there.
    let page = show_at(&app, "/forgot-password", "portal.northwind.example", "", "de").await;
    assert_eq!(page.between("<html lang=\"", "\""), "en");
    app.finish().await;
}

#[actix_web::test]
async fn a_form_that_the_browser_sends_itself_begins_anew() {
    let service = test::init_service(HttpApp::new().app_data(web::Data::new(apps())).configure(routes)).await;
    let request =
        TestRequest::post().uri("/sign-in").set_form([("email", "a@b.example"), ("password", "secret")]);
    let response = test::call_service(&service, request.to_request()).await;
    let location = response.headers().get("location").and_then(|it| it.to_str().ok());
    assert_eq!((response.status(), location), (StatusCode::SEE_OTHER, Some("/sign-in")));
}

#[test]
fn every_page_that_is_open_to_all_is_known_to_be() {
    let tables = [
        include_str!("../../../../../frontend/frame/src/account/mod.rs"),
        include_str!("../../../../../frontend/dashboard/src/routes.rs"),
        include_str!("../../../../../frontend/portal/src/routes.rs"),
    ];
    let mut open = Vec::new();
    for page in tables.iter().flat_map(|table| table.split("path: ").skip(1)) {
        let (path, rest) = page.split_once(',').unwrap();
        let rest = rest.split("path: ").next().unwrap();
        if rest.contains("Access::Open") && path != "SIGN_IN" {
            open.push(path.trim_matches('"'));
        }
    }
    assert!(open.len() >= 4, "{open:?}");
    let unknown: Vec<_> = open.iter().filter(|path| !is_below(path, OPEN)).collect();
    assert_eq!(unknown, Vec::<&&str>::new(), "the sign-in page would be seen there first");
}
