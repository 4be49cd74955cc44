//! `/auth`: signing in, and what a person does about herself.

use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, patch, post, web};
use app::{App, AppError, auth};
use contract::auth::{
    AcceptInvitation, ChangePassword, InvitationPreview, InvitationToken, Me, RefreshTokens,
    RequestPasswordReset, ResetPassword, Session, Sessions, SignIn, SwitchTenant, TenantAccess, Tokens,
    UpdateMe,
};
use domain::{ids::SessionId, permissions::Permission, text};
use store::{Actor, Customers, NewEvent, Reason, events, users};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiError, ApiResult, At, Body, Ctx, Form, OptionalBody, browser, ctx::request_info, origin::host, perm,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(sign_in)
        .service(refresh)
        .service(sign_out)
        .service(switch_tenant)
        .service(me)
        .service(update_me)
        .service(change_password)
        .service(sessions)
        .service(end_session)
        .service(request_password_reset)
        .service(reset_password)
        .service(preview_invitation)
        .service(accept_invitation);
}

fn device(request: &HttpRequest) -> auth::Device {
    let header = |name| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok())?;
        Some(value.chars().filter(|letter| !letter.is_control()).take(300).collect::<String>())
    };
    auth::Device {
        user_agent: header(header::USER_AGENT),
        host: host(request),
        request: request_info(request),
    }
}

fn access(access: users::TenantAccess) -> TenantAccess {
    TenantAccess {
        tenant_id: access.tenant,
        tenant_name: access.tenant_name,
        tenant_kind: access.tenant_kind,
        role: access.role,
        customer_id: access.customer,
        customer_name: access.customer_name,
        is_sandbox: access.is_sandbox,
    }
}

/// The tokens, in cookies or in the answer itself.
fn tokens(issued: auth::IssuedTokens, cookie: bool) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if cookie {
        browser::keep(&mut response, &issued);
    }
    response.json(Tokens {
        access_token: (!cookie).then_some(issued.access_token),
        token_type: "Bearer".to_owned(),
        expires_in: issued.expires_in,
        refresh_token: (!cookie).then_some(issued.refresh_token),
        tenant_id: issued.tenant,
        tenants: issued.tenants.into_iter().map(access).collect(),
    })
}

/// Signs a person in. Browsers ask for cookies instead of tokens.
#[utoipa::path(tag = "Sign-in", operation_id = "sign_in", request_body = SignIn,
    responses((status = 200, body = Tokens)))]
#[post("/auth/sign-in")]
async fn sign_in(app: web::Data<App>, request: HttpRequest, body: Body<SignIn>) -> ApiResult {
    if body.cookie {
        browser::check_origin(&request)?;
    }
    let issued = auth::sign_in(&app, &body.email, &body.password, body.tenant_id, &device(&request)).await?;
    Ok(tokens(issued, body.cookie))
}

/// Exchanges a refresh token for new tokens.
///
/// Each refresh token works once. For 30 seconds after its use it still gives new tokens, for two tabs
/// that wake up together; after that its return ends the session, for it has been stolen.
#[utoipa::path(tag = "Sign-in", operation_id = "refresh_tokens", request_body = RefreshTokens,
    responses((status = 200, body = Tokens)))]
#[post("/auth/refresh")]
async fn refresh(app: web::Data<App>, request: HttpRequest, body: OptionalBody<RefreshTokens>) -> ApiResult {
    let given = body.value.refresh_token;
    let cookie = given.is_none();
    let Some(token) = given.or_else(|| browser::refresh_token(&request)) else {
        return Err(ApiError::field("/refresh_token", "required", "is required without its cookie"));
    };
    if cookie {
        browser::check_origin(&request)?;
    }
    Ok(tokens(auth::refresh(&app, &token, &request_info(&request)).await?, cookie))
}

/// Ends the session; its tokens work nowhere within a second.
#[utoipa::path(tag = "Sign-in", operation_id = "sign_out", responses((status = 204)), security(("bearer" = [])))]
#[post("/auth/sign-out")]
async fn sign_out(ctx: Ctx<perm::SignedIn>) -> ApiResult {
    auth::sign_out(ctx.app(), ctx.principal(), ctx.request()).await?;
    let mut response = HttpResponse::NoContent();
    if ctx.by_cookie() {
        browser::forget(&mut response);
    }
    Ok(response.finish())
}

/// Opens a session in another tenant of the person and ends this one.
#[utoipa::path(tag = "Sign-in", operation_id = "switch_tenant", request_body = SwitchTenant,
    responses((status = 200, body = Tokens)), security(("bearer" = [])))]
#[post("/auth/switch-tenant")]
async fn switch_tenant(
    ctx: Ctx<perm::SignedIn>,
    request: HttpRequest,
    body: Body<SwitchTenant>,
) -> ApiResult {
    let device = device(&request);
    let issued = auth::switch_tenant(ctx.app(), ctx.principal(), body.tenant_id, &device).await?;
    Ok(tokens(issued, ctx.by_cookie()))
}

/// Shows who is signed in, and what is allowed.
#[utoipa::path(tag = "Sign-in", operation_id = "get_me", responses((status = 200, body = Me)),
    security(("bearer" = [])))]
#[get("/auth/me")]
async fn me(ctx: Ctx<perm::SignedIn>) -> ApiResult {
    Ok(HttpResponse::Ok().json(read_me(&ctx).await?))
}

async fn read_me(ctx: &Ctx<perm::SignedIn>) -> ApiResult<Me> {
    let principal = ctx.principal();
    let events_position = if principal.permissions().contains(&Permission::EventsRead) {
        Some(ctx.read(async |tx| Ok(events::chain_head(tx).await?)).await?)
    } else {
        None
    };
    let (user_id, role) = match principal.actor() {
        Actor::User { user, role, .. } => (Some(*user), Some(*role)),
        _ => (None, None),
    };
    let (email, tenants) = match user_id {
        Some(user) => {
            ctx.app()
                .store()
                .system(Reason::SignIn, async |tx| {
                    Ok::<_, AppError>((Some(users::get(tx, user).await?), users::tenants_of(tx, user).await?))
                })
                .await?
        }
        None => (None, Vec::new()),
    };
    let name = email.as_ref().map_or_else(|| principal.actor().name().to_owned(), |user| user.name.clone());
    Ok(Me {
        user_id,
        name,
        email: email.map(|user| user.email),
        tenant_id: principal.tenant(),
        tenant_kind: principal.tenant_kind(),
        role,
        customer_id: principal.portal_customer(),
        permissions: principal.permissions().to_vec(),
        only_customers: match principal.customers() {
            Customers::All => None,
            Customers::Only(ids) => Some(ids.to_vec()),
        },
        tenants: tenants.into_iter().map(access).collect(),
        clock: principal.clock(),
        events_position,
    })
}

fn person(ctx: &Ctx<perm::SignedIn>) -> ApiResult<domain::ids::UserId> {
    match ctx.principal().actor() {
        Actor::User { user, .. } => Ok(*user),
        _ => Err(AppError::Forbidden {
            code: "person_required",
            detail: "An API key has no account of its own; a person has to do this.".to_owned(),
        }
        .into()),
    }
}

/// Changes one's own name, in every tenant at once.
#[utoipa::path(tag = "Sign-in", operation_id = "update_me", request_body = UpdateMe,
    responses((status = 200, body = Me)), security(("bearer" = [])))]
#[patch("/auth/me")]
async fn update_me(ctx: Ctx<perm::SignedIn>, body: Body<UpdateMe>) -> ApiResult {
    let user = person(&ctx)?;
    let mut form = Form::new();
    let name = form.line("/name", &body.name, 120);
    form.finish()?;
    ctx.app()
        .store()
        .system(Reason::SignIn, async |tx| {
            users::rename(tx, user, &name).await?;
            let mut event =
                NewEvent::new("user.renamed", format!("user:{user}"), serde_json::json!({"name": name}));
            event.customer = ctx.principal().portal_customer();
            tx.record(ctx.principal().tenant(), ctx.principal().actor(), ctx.request(), &event).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(read_me(&ctx).await?))
}

/// Changes one's own password and ends one's other sessions.
#[utoipa::path(tag = "Sign-in", operation_id = "change_password", request_body = ChangePassword,
    responses((status = 204)), security(("bearer" = [])))]
#[post("/auth/change-password")]
async fn change_password(ctx: Ctx<perm::SignedIn>, body: Body<ChangePassword>) -> ApiResult {
    auth::change_password(
        ctx.app(),
        ctx.principal(),
        &body.current_password,
        &body.new_password,
        ctx.request(),
    )
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists one's own open sessions.
#[utoipa::path(tag = "Sign-in", operation_id = "list_sessions", responses((status = 200, body = Sessions)),
    security(("bearer" = [])))]
#[get("/auth/sessions")]
async fn sessions(ctx: Ctx<perm::SignedIn>) -> ApiResult {
    let user = person(&ctx)?;
    let current = match ctx.principal().actor() {
        Actor::User { session, .. } => Some(*session),
        _ => None,
    };
    let list =
        ctx.app().store().system(Reason::SignIn, async |tx| store::sessions::list(tx, user).await).await?;
    let items = list
        .into_iter()
        .map(|session| Session {
            id: session.id,
            current: Some(session.id) == current,
            tenant_id: session.tenant,
            user_agent: session.user_agent,
            address: session.address,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
        })
        .collect();
    Ok(HttpResponse::Ok().json(Sessions { items }))
}

/// Ends one of one's own sessions.
#[utoipa::path(tag = "Sign-in", operation_id = "end_session",
    params(("session" = SessionId, Path, description = "The session")),
    responses((status = 204)), security(("bearer" = [])))]
#[delete("/auth/sessions/{session}")]
async fn end_session(ctx: Ctx<perm::SignedIn>, session: At<SessionId>) -> ApiResult {
    auth::end_session(ctx.app(), ctx.principal(), session.0, ctx.request()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends a link for a new password, if there is such an account. The answer is the same either way.
#[utoipa::path(tag = "Sign-in", operation_id = "request_password_reset", request_body = RequestPasswordReset,
    responses((status = 204)))]
#[post("/auth/password-reset")]
async fn request_password_reset(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<RequestPasswordReset>,
) -> ApiResult {
    let mut form = Form::new();
    let email = form.text("/email", &body.email, text::email);
    form.finish()?;
    auth::request_password_reset(&app, &email, host(&request).as_deref(), &request_info(&request)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sets a new password by the link in the mail, and ends every session of the account.
#[utoipa::path(tag = "Sign-in", operation_id = "reset_password", request_body = ResetPassword,
    responses((status = 204)))]
#[post("/auth/password-reset/confirm")]
async fn reset_password(app: web::Data<App>, request: HttpRequest, body: Body<ResetPassword>) -> ApiResult {
    auth::reset_password(&app, &body.token, &body.new_password, &request_info(&request)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Shows what an invitation's link is for, without using it up.
#[utoipa::path(tag = "Sign-in", operation_id = "preview_invitation", request_body = InvitationToken,
    responses((status = 200, body = InvitationPreview)))]
#[post("/auth/invitation")]
async fn preview_invitation(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<InvitationToken>,
) -> ApiResult {
    let preview = auth::preview_invitation(&app, &body.token, &request_info(&request)).await?;
    Ok(HttpResponse::Ok().json(InvitationPreview {
        email: preview.email,
        tenant_name: preview.tenant_name,
        role: preview.role,
        has_account: preview.has_account,
        expires_at: preview.expires_at,
    }))
}

/// Accepts an invitation. Sign in afterwards.
#[utoipa::path(tag = "Sign-in", operation_id = "accept_invitation", request_body = AcceptInvitation,
    responses((status = 204)))]
#[post("/auth/invitation/accept")]
async fn accept_invitation(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<AcceptInvitation>,
) -> ApiResult {
    let accept = auth::AcceptInvitation {
        token: body.token.clone(),
        name: body.name.clone(),
        password: body.password.clone(),
    };
    auth::accept_invitation(&app, &accept, &request_info(&request)).await?;
    Ok(HttpResponse::NoContent().finish())
}
