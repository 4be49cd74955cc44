//! `/msp/brand/{kind}`, and `/brand/{kind}` for whoever opens a page of its host.

use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::{
        StatusCode,
        header::{self, EntityTag, Header as _, IfNoneMatch},
    },
    put, web,
};
use app::{App, AppError, brand as use_cases};
use contract::brand::{BrandPicture, PictureFormat, ShowPicture};
use domain::brands::AssetKind;
use store::{Reason, brands, tenants};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiError, ApiResult, At, Ctx, Params, Upload, brand::url, not_found, origin::host, perm};

/// What a picture may be sent as. What it is, is seen from its content.
const MEDIA_TYPES: &[&str] =
    &["image/png", "image/jpeg", "image/webp", "image/svg+xml", "application/octet-stream"];

/// A picture that is opened as a page of its own runs nothing and loads nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(upload).service(remove);
}

pub(crate) fn public_routes(config: &mut ServiceConfig<'_>) {
    config.service(show);
}

/// Puts a picture in place of the one before.
///
/// The body is the file itself, at most 2 MiB: PNG, JPEG, WebP or SVG, recognised by its content. A logo may be up
/// to 4096 pixels wide or high and 16 megapixels in all, a favicon up to 1024 by 1024. It is written anew: what does
/// not belong to the picture, such as where a photograph was taken or the scripts of an SVG, is left behind.
#[utoipa::path(
    tag = "Brand",
    operation_id = "put_brand_picture",
    params(("kind" = AssetKind, Path, description = "Which picture")),
    request_body(description = "The file", content(
        ("image/png"),
        ("image/jpeg"),
        ("image/webp"),
        ("image/svg+xml"),
        ("application/octet-stream"),
    )),
    responses((status = 200, body = BrandPicture)),
    security(("bearer" = ["brand:write"]))
)]
#[put("/msp/brand/{kind}")]
async fn upload(
    ctx: Ctx<perm::BrandWrite>,
    request: HttpRequest,
    kind: At<AssetKind>,
    file: Upload<{ use_cases::MAX_PICTURE_BYTES }>,
) -> ApiResult {
    check_media_type(&request)?;
    let kind = kind.0;
    let asset = use_cases::read_picture(kind, file.read().await?).await?;
    let id = ctx.write(async |tx| use_cases::put_asset(tx, kind, &asset).await).await?;
    Ok(HttpResponse::Ok().json(BrandPicture {
        kind,
        url: url(kind, id),
        content_type: asset.content_type.to_owned(),
        width: asset.width,
        height: asset.height,
        in_documents: kind == AssetKind::Logo && asset.has_pixels(),
    }))
}

fn check_media_type(request: &HttpRequest) -> ApiResult<()> {
    // Without one, it is bytes (RFC 9110, section 8.3).
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if MEDIA_TYPES.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        format!("Send the file itself, as one of: {}.", MEDIA_TYPES.join(", ")),
    ))
}

/// Takes a picture away; the name stands in its place.
#[utoipa::path(
    tag = "Brand",
    operation_id = "delete_brand_picture",
    params(("kind" = AssetKind, Path, description = "Which picture")),
    responses((status = 204)),
    security(("bearer" = ["brand:write"]))
)]
#[delete("/msp/brand/{kind}")]
async fn remove(ctx: Ctx<perm::BrandWrite>, kind: At<AssetKind>) -> ApiResult {
    ctx.write(async |tx| use_cases::delete_asset(tx, kind.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Shows a picture of the brand of the host that the request was sent to.
#[utoipa::path(
    tag = "Brand",
    operation_id = "get_public_brand_picture",
    params(("kind" = AssetKind, Path, description = "Which picture"), ShowPicture),
    responses(
        (status = 200, description = "The picture", content(("image/png"), ("image/jpeg"), ("image/svg+xml")),
            headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "It is the one that the caller has"),
    )
)]
#[get("/brand/{kind}")]
async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    kind: At<AssetKind>,
    query: Params<ShowPicture>,
) -> ApiResult {
    let host = host(&request).ok_or_else(not_found)?;
    let known = IfNoneMatch::parse(&request).ok();
    let (kind, as_pixels) = (kind.0, query.format == Some(PictureFormat::Pixels));
    let (info, tag, file) = app
        .store()
        .system(Reason::ResolveHost, async |tx| {
            let missing = || AppError::Store(store::StoreError::NotFound);
            let tenant = tenants::by_host(tx, &host).await?.ok_or_else(missing)?;
            let assets = brands::public_assets(tx, tenant).await?;
            let info = assets
                .into_iter()
                .find(|asset| asset.kind == kind && (asset.has_pixels || !as_pixels))
                .ok_or_else(missing)?;
            let tag = if as_pixels { format!("{}.pixels", info.id) } else { info.id.to_string() };
            let tag = EntityTag::new_strong(tag);
            if known.is_some_and(|known| matches(&known, &tag)) {
                return Ok((info, tag, None));
            }
            let file = if as_pixels {
                brands::public_pixels(tx, tenant, kind).await?
            } else {
                brands::public_asset(tx, tenant, kind).await?
            };
            Ok::<_, AppError>((info, tag, Some(file.ok_or_else(missing)?)))
        })
        .await?;
    let is_current = query.v.as_deref() == Some(info.id.to_string().as_str());
    let keep = if is_current { "public, max-age=31536000, immutable" } else { "public, max-age=60" };
    let mut response = match &file {
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::NotModified(),
    };
    response.insert_header(header::ETag(tag)).insert_header((header::CACHE_CONTROL, keep));
    let Some(file) = file else { return Ok(response.finish()) };
    response.insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY));
    Ok(response.content_type(file.content_type).body(file.bytes))
}

fn matches(known: &IfNoneMatch, tag: &EntityTag) -> bool {
    match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|known| known.weak_eq(tag)),
    }
}
