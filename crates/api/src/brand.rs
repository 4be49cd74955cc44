//! `/msp/brand`, and `/brand` for whoever opens a page of its host.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use app::{App, AppError, brand as use_cases};
use contract::brand::{Brand, BrandSettings, PublicBrand};
use domain::{
    brands::{AssetKind, DEFAULT_ACCENT_COLOR, DEFAULT_PRIMARY_COLOR, contrast},
    ids::AssetId,
    permissions::TenantKind,
    text,
};
use store::{
    Reason,
    brands::{self, AssetInfo},
    tenants,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, Body, Ctx, Form, Made, origin::host, perm, perm::Needs, reply};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read).service(update);
}

pub(crate) fn public_routes(config: &mut ServiceConfig<'_>) {
    config.service(read_public);
}

fn url_of(assets: &[AssetInfo], kind: AssetKind) -> Option<String> {
    assets.iter().find(|asset| asset.kind == kind).map(|asset| url(kind, asset.id))
}

/// Where a picture is; the address changes with each upload.
pub(crate) fn url(kind: AssetKind, id: AssetId) -> String {
    format!("/api/v1/brand/{kind}?v={id}")
}

async fn fetch<P: Needs>(ctx: &Ctx<P>) -> ApiResult<Made<Brand>> {
    let (brand, hosts, assets) = ctx
        .read(async |tx| Ok((brands::get(tx).await?, tenants::hosts(tx).await?, brands::assets(tx).await?)))
        .await?;
    let version = brand.version;
    Ok(Made::versioned(
        Brand {
            contrast_on_primary: contrast(&brand.primary_color, "#ffffff").unwrap_or(1.0),
            logo_url: url_of(&assets, AssetKind::Logo),
            favicon_url: url_of(&assets, AssetKind::Favicon),
            settings: BrandSettings {
                display_name: brand.display_name,
                portal_name: brand.portal_name,
                primary_color: brand.primary_color,
                accent_color: brand.accent_color,
                login_message: brand.login_message,
                support_email: brand.support_email,
                support_phone: brand.support_phone,
                support_url: brand.support_url,
                legal_name: brand.legal_name,
                address: brand.address,
                tax_id: brand.tax_id,
                invoice_footer: brand.invoice_footer,
                mail_from_name: brand.mail_from_name,
                mail_reply_to: brand.mail_reply_to,
                mail_footer: brand.mail_footer,
                hosts,
            },
            version,
        },
        version,
    ))
}

/// Shows the brand as it is edited.
#[utoipa::path(tag = "Brand", operation_id = "get_brand", responses((status = 200, body = Brand)),
    security(("bearer" = ["brand:read"])))]
#[get("/msp/brand")]
async fn read(ctx: Ctx<perm::BrandRead>) -> ApiResult {
    Ok(reply(&fetch(&ctx).await?))
}

/// Sets the brand: the whole of it, what is left out is emptied.
#[utoipa::path(tag = "Brand", operation_id = "update_brand", request_body = BrandSettings,
    responses((status = 200, body = Brand)), security(("bearer" = ["brand:write"])))]
#[put("/msp/brand")]
async fn update(ctx: Ctx<perm::BrandWrite>, body: Body<BrandSettings>) -> ApiResult {
    let (brand, hosts) = check(&body)?;
    ctx.write(async |tx| use_cases::update(tx, ctx.if_match(), &brand, &hosts).await).await?;
    Ok(reply(&fetch(&ctx).await?))
}

fn check(body: &BrandSettings) -> Result<(brands::Brand, Vec<String>), AppError> {
    let mut form = Form::new();
    let brand = brands::Brand {
        display_name: form.line("/display_name", &body.display_name, 100),
        portal_name: form.optional_line("/portal_name", body.portal_name.as_deref(), 100),
        primary_color: form.text("/primary_color", &body.primary_color, text::color),
        accent_color: form.text("/accent_color", &body.accent_color, text::color),
        login_message: form.optional_paragraph("/login_message", body.login_message.as_deref(), 500),
        support_email: form.optional("/support_email", body.support_email.as_deref(), text::email),
        support_phone: form.optional("/support_phone", body.support_phone.as_deref(), text::phone),
        support_url: form.optional("/support_url", body.support_url.as_deref(), text::https_url),
        legal_name: form.optional_line("/legal_name", body.legal_name.as_deref(), 200),
        address: form.optional_paragraph("/address", body.address.as_deref(), 500),
        tax_id: form.optional_line("/tax_id", body.tax_id.as_deref(), 50),
        invoice_footer: form.optional_paragraph("/invoice_footer", body.invoice_footer.as_deref(), 1000),
        mail_from_name: form.optional_line("/mail_from_name", body.mail_from_name.as_deref(), 100),
        mail_reply_to: form.optional("/mail_reply_to", body.mail_reply_to.as_deref(), text::email),
        mail_footer: form.optional_paragraph("/mail_footer", body.mail_footer.as_deref(), 500),
        version: 0,
    };
    form.at_most("/hosts", &body.hosts, 20);
    let hosts = body
        .hosts
        .iter()
        .take(20)
        .enumerate()
        .map(|(index, host)| form.text(&format!("/hosts/{index}"), host, text::host))
        .collect();
    form.finish()?;
    Ok((brand, hosts))
}

/// Shows the brand of the host that the request was sent to; a neutral one where the host is nobody's.
#[utoipa::path(tag = "Brand", operation_id = "get_public_brand",
    responses((status = 200, body = PublicBrand)))]
#[get("/brand")]
async fn read_public(request: HttpRequest) -> ApiResult {
    Ok(HttpResponse::Ok().json(host_brand(&request).await?.brand))
}

/// What anybody may see of the brand of a host, and whose host it is.
#[derive(Debug, Clone)]
pub struct HostBrand {
    /// What kind of tenant the host belongs to; absent where it is nobody's.
    pub owner: Option<TenantKind>,
    /// The brand; a neutral one where the host is nobody's.
    pub brand: PublicBrand,
}

/// The brand of the host that the request was sent to.
pub async fn host_brand(request: &HttpRequest) -> ApiResult<HostBrand> {
    let app = request
        .app_data::<web::Data<App>>()
        .ok_or_else(|| AppError::internal("the application is not set up"))?;
    let Some(host) = host(request) else { return Ok(nobodys()) };
    let found = app
        .store()
        .system(Reason::ResolveHost, async |tx| {
            let Some(tenant) = tenants::by_host(tx, &host).await? else { return Ok(None) };
            let kind = tenants::get(tx, tenant).await?.kind;
            let assets = brands::public_assets(tx, tenant).await?;
            Ok::<_, AppError>(Some((tenant, kind, brands::public(tx, tenant).await?, assets)))
        })
        .await?;
    let Some((tenant, kind, brand, assets)) = found else { return Ok(nobodys()) };
    Ok(HostBrand {
        owner: Some(kind),
        brand: PublicBrand {
            tenant_id: Some(tenant),
            display_name: brand.display_name,
            portal_name: brand.portal_name,
            primary_color: brand.primary_color,
            accent_color: brand.accent_color,
            login_message: brand.login_message,
            support_email: brand.support_email,
            support_phone: brand.support_phone,
            support_url: brand.support_url,
            logo_url: url_of(&assets, AssetKind::Logo),
            favicon_url: url_of(&assets, AssetKind::Favicon),
        },
    })
}

fn nobodys() -> HostBrand {
    HostBrand {
        owner: None,
        brand: PublicBrand {
            tenant_id: None,
            display_name: "Control panel".to_owned(),
            portal_name: None,
            primary_color: DEFAULT_PRIMARY_COLOR.to_owned(),
            accent_color: DEFAULT_ACCENT_COLOR.to_owned(),
            login_message: None,
            support_email: None,
            support_phone: None,
            support_url: None,
            logo_url: None,
            favicon_url: None,
        },
    }
}
