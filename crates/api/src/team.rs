//! `/msp/users` and `/msp/invitations`: the people of the tenant and of its customers.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, put};
use app::team::{self, Invite};
use contract::{
    Page,
    team::{CreateInvitation, Invitation, Member, PageQuery, UpdateMember},
};
use domain::{
    ids::{InvitationId, MembershipId},
    text,
};
use store::{
    customers::{self, CustomerRef},
    invitations,
    memberships::{self, Membership, MembershipChange, Of},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, extract::page, perm, reply};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(read)
        .service(update)
        .service(remove)
        .service(list_customer_users)
        .service(invite)
        .service(invite_customer_user)
        .service(list_invitations)
        .service(revoke_invitation);
}

pub(crate) fn member(member: Membership) -> Member {
    Member {
        id: member.id,
        user_id: member.user,
        email: member.email,
        name: member.name,
        role: member.role,
        customer_id: member.customer,
        only_customers: member.only_customers,
        suspended: member.suspended,
        version: member.version,
        created_at: member.created_at,
    }
}

fn made(membership: Membership) -> Made<Member> {
    let version = membership.version;
    Made::versioned(member(membership), version)
}

pub(crate) fn invitation(invitation: invitations::Invitation) -> Invitation {
    Invitation {
        id: invitation.id,
        email: invitation.email,
        role: invitation.role,
        customer_id: invitation.customer,
        only_customers: invitation.only_customers,
        invited_by: invitation.invited_by,
        expires_at: invitation.expires_at,
        created_at: invitation.created_at,
    }
}

/// Lists the tenant's own people.
#[utoipa::path(tag = "Team", operation_id = "list_users", params(PageQuery),
    responses((status = 200, body = Page<Member>)), security(("bearer" = ["users:read"])))]
#[get("/msp/users")]
async fn list(ctx: Ctx<perm::UsersRead>, query: Params<PageQuery>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let people = ctx.read(async |tx| Ok(memberships::list(tx, Of::Staff, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(people, member)))
}

/// Lists a customer's people.
#[utoipa::path(tag = "Team", operation_id = "list_customer_users",
    params(("customer" = String, Path, description = "Id or code"), PageQuery),
    responses((status = 200, body = Page<Member>)), security(("bearer" = ["users:read"])))]
#[get("/msp/customers/{customer}/users")]
async fn list_customer_users(
    ctx: Ctx<perm::UsersRead>,
    customer: At<CustomerRef>,
    query: Params<PageQuery>,
) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let people = ctx
        .read(async |tx| {
            let customer = customers::find(tx, &customer.0).await?;
            Ok(memberships::list(tx, Of::Customer(customer.id), &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(people, member)))
}

/// Shows a person's place in the tenant.
#[utoipa::path(tag = "Team", operation_id = "get_user",
    params(("member" = MembershipId, Path, description = "The place")),
    responses((status = 200, body = Member)), security(("bearer" = ["users:read"])))]
#[get("/msp/users/{member}")]
async fn read(ctx: Ctx<perm::UsersRead>, id: At<MembershipId>) -> ApiResult {
    let person = ctx.read(async |tx| Ok(memberships::get(tx, id.0).await?)).await?;
    Ok(reply(&made(person)))
}

/// Changes a person's role, customers or access; effective within a second.
#[utoipa::path(tag = "Team", operation_id = "update_user",
    params(("member" = MembershipId, Path, description = "The place")), request_body = UpdateMember,
    responses((status = 200, body = Member)), security(("bearer" = ["users:write"])))]
#[put("/msp/users/{member}")]
async fn update(ctx: Ctx<perm::UsersWrite>, id: At<MembershipId>, body: Body<UpdateMember>) -> ApiResult {
    let mut form = Form::new();
    form.at_most("/only_customers", body.only_customers.as_deref().unwrap_or_default(), 500);
    form.finish()?;
    let change = MembershipChange {
        role: body.role,
        only_customers: body.only_customers.clone(),
        suspended: body.suspended,
    };
    let person = ctx
        .write(async |tx| team::update_member(tx, ctx.principal(), id.0, ctx.if_match(), &change).await)
        .await?;
    Ok(reply(&made(person)))
}

/// Takes a person out of the tenant.
#[utoipa::path(tag = "Team", operation_id = "remove_user",
    params(("member" = MembershipId, Path, description = "The place")),
    responses((status = 204)), security(("bearer" = ["users:write"])))]
#[delete("/msp/users/{member}")]
async fn remove(ctx: Ctx<perm::UsersWrite>, id: At<MembershipId>) -> ApiResult {
    ctx.write(async |tx| team::remove_member(tx, ctx.principal(), id.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn check(body: &CreateInvitation) -> ApiResult<Invite> {
    let mut form = Form::new();
    let email = form.text("/email", &body.email, text::email);
    form.at_most("/only_customers", body.only_customers.as_deref().unwrap_or_default(), 500);
    form.finish()?;
    Ok(Invite { email, role: body.role, customer: None, only_customers: body.only_customers.clone() })
}

/// Invites somebody to the team.
#[utoipa::path(tag = "Team", operation_id = "create_invitation", request_body = CreateInvitation,
    responses((status = 201, body = Invitation)), security(("bearer" = ["users:write"])))]
#[post("/msp/invitations")]
async fn invite(ctx: Ctx<perm::UsersWrite>, body: Body<CreateInvitation>) -> ApiResult {
    let new = check(&body)?;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let sent = team::invite(ctx.app(), tx, ctx.principal(), ctx.request(), &new).await?;
        Ok(Made::new(invitation(sent)))
    })
    .await
}

/// Invites somebody to a customer's portal.
#[utoipa::path(tag = "Team", operation_id = "create_customer_invitation",
    params(("customer" = String, Path, description = "Id or code")), request_body = CreateInvitation,
    responses((status = 201, body = Invitation)), security(("bearer" = ["users:write"])))]
#[post("/msp/customers/{customer}/invitations")]
async fn invite_customer_user(
    ctx: Ctx<perm::UsersWrite>,
    customer: At<CustomerRef>,
    body: Body<CreateInvitation>,
) -> ApiResult {
    let new = check(&body)?;
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let customer = customers::find(tx, &customer.0).await?;
        let new = Invite { customer: Some(customer.id), ..new.clone() };
        let sent = team::invite(ctx.app(), tx, ctx.principal(), ctx.request(), &new).await?;
        Ok(Made::new(invitation(sent)))
    })
    .await
}

/// Lists invitations that nobody has answered yet.
#[utoipa::path(tag = "Team", operation_id = "list_invitations", params(PageQuery),
    responses((status = 200, body = Page<Invitation>)), security(("bearer" = ["users:read"])))]
#[get("/msp/invitations")]
async fn list_invitations(ctx: Ctx<perm::UsersRead>, query: Params<PageQuery>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let open = ctx.read(async |tx| Ok(invitations::list_open(tx, None, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(open, invitation)))
}

/// Takes an open invitation back.
#[utoipa::path(tag = "Team", operation_id = "revoke_invitation",
    params(("invitation" = InvitationId, Path, description = "The invitation")),
    responses((status = 204)), security(("bearer" = ["users:write"])))]
#[delete("/msp/invitations/{invitation}")]
async fn revoke_invitation(ctx: Ctx<perm::UsersWrite>, id: At<InvitationId>) -> ApiResult {
    ctx.write(async |tx| team::revoke_invitation(tx, id.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}
