//! `/msp/customers`.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post, put};
use app::{AppError, customers, subscriptions};
use contract::{
    Page,
    customers::{CreateCustomer, Customer, CustomerSort, ListCustomers, SuspendCustomer, UpdateCustomer},
};
use domain::{
    customers::CustomerStatus,
    dates::Likely,
    limits::Limits,
    permissions::Permission,
    tax::{self, Place, countries::Country},
    text,
};
use serde_json::json;
use store::{
    customers::{CustomerFilter, CustomerKey, CustomerOrder, CustomerRef, Details, NewCustomer},
    plans::PlanRef,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, OptionalBody, PageParams, Params, extract::page, perm, reply,
    subscriptions::plan_ref,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(read)
        .service(update)
        .service(read_limits)
        .service(set_limits)
        .service(suspend)
        .service(resume)
        .service(close);
}

pub(crate) fn to_contract(customer: store::customers::Customer) -> Customer {
    let details = customer.details;
    Customer {
        id: customer.id,
        code: customer.code,
        company_name: details.company_name,
        contact_name: details.contact_name,
        contact_email: details.contact_email,
        phone: details.phone,
        address: details.address,
        tax_id: details.tax_id,
        country: details.place.as_ref().map(|place| place.country),
        region: details.place.and_then(|place| place.region),
        tax_exempt: details.tax_exempt,
        external_ref: details.external_ref,
        notes: details.notes,
        trial_ends_on: details.trial_ends_on,
        feature_flags: serde_json::from_value(details.feature_flags).unwrap_or_default(),
        status: customer.status,
        suspended_at: customer.suspended_at,
        suspended_reason: customer.suspended_reason,
        limits: customer.limits,
        version: customer.version,
        created_at: customer.created_at,
        updated_at: customer.updated_at,
    }
}

fn made(customer: store::customers::Customer) -> Made<Customer> {
    let version = customer.version;
    Made::versioned(to_contract(customer), version)
}

/// Lists customers.
#[utoipa::path(
    tag = "Customers",
    operation_id = "list_customers",
    params(ListCustomers),
    responses((status = 200, body = Page<Customer>)),
    security(("bearer" = ["customers:read"]))
)]
#[get("/msp/customers")]
async fn list(ctx: Ctx<perm::CustomersRead>, query: Params<ListCustomers>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let mut form = Form::new();
    let search = form.optional_line("q", query.q.as_deref(), 200);
    form.finish()?;
    let filter =
        CustomerFilter { search, status: query.status, order: order(query.sort.unwrap_or_default()) };
    let (customers, total) =
        ctx.read(async |tx| Ok(store::customers::list(tx, &filter, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(Page { total, ..page(customers, to_contract) }))
}

fn order(sort: CustomerSort) -> CustomerOrder {
    let (by, down) = match sort {
        CustomerSort::Name => (CustomerKey::Name, false),
        CustomerSort::NameDown => (CustomerKey::Name, true),
        CustomerSort::Code => (CustomerKey::Code, false),
        CustomerSort::CodeDown => (CustomerKey::Code, true),
        CustomerSort::Oldest => (CustomerKey::Created, false),
        CustomerSort::Newest => (CustomerKey::Created, true),
        CustomerSort::Status => (CustomerKey::Status, false),
        CustomerSort::StatusDown => (CustomerKey::Status, true),
    };
    CustomerOrder { by, down }
}

/// Takes a customer on.
#[utoipa::path(
    tag = "Customers",
    operation_id = "create_customer",
    request_body = CreateCustomer,
    responses((status = 201, body = Customer)),
    security(("bearer" = ["customers:write"]))
)]
#[post("/msp/customers")]
async fn create(ctx: Ctx<perm::CustomersWrite>, body: Body<CreateCustomer>) -> ApiResult {
    let (new, code, plan) = check_new(&body)?;
    if plan.is_some() && !ctx.principal().allows(Permission::SubscriptionsWrite) {
        return Err(AppError::Forbidden {
            code: "forbidden",
            detail: format!(
                "With `plan` this needs the permission `{}` too.",
                Permission::SubscriptionsWrite
            ),
        }
        .into());
    }
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let code = match &code {
            Some(code) => code.clone(),
            None => customers::code_from_name(tx, &new.details.company_name).await?,
        };
        let customer = customers::create(tx, &NewCustomer { code, ..new.clone() }).await?;
        if let Some(plan) = &plan {
            subscriptions::start(tx, &CustomerRef::Id(customer.id), plan, None, 0, 1).await?;
        }
        Ok(made(customer))
    })
    .await
}

fn check_new(body: &CreateCustomer) -> Result<(NewCustomer, Option<String>, Option<PlanRef>), AppError> {
    let mut form = Form::new();
    let details = Details {
        company_name: form.line("/company_name", &body.company_name, 200),
        contact_name: form.optional_line("/contact_name", body.contact_name.as_deref(), 120),
        contact_email: form.optional("/contact_email", body.contact_email.as_deref(), text::email),
        phone: form.optional("/phone", body.phone.as_deref(), text::phone),
        address: form.optional_paragraph("/address", body.address.as_deref(), 500),
        tax_id: form.optional_line("/tax_id", body.tax_id.as_deref(), 50),
        place: place(&mut form, body.country, body.region.as_deref()),
        tax_exempt: form.optional_line("/tax_exempt", body.tax_exempt.as_deref(), 200),
        external_ref: form.optional_line("/external_ref", body.external_ref.as_deref(), 100),
        notes: form.optional_paragraph("/notes", body.notes.as_deref(), 10_000),
        trial_ends_on: body.trial_ends_on.map(Likely::get),
        feature_flags: flags(&mut form, &body.feature_flags),
    };
    vat_id(&mut form, &details);
    let code = body.code.as_deref().map(|code| form.text("/code", code, text::code));
    let status = body.status.unwrap_or(CustomerStatus::Active);
    if !matches!(status, CustomerStatus::Trial | CustomerStatus::Active) {
        form.refuse("/status", "a new customer is `trial` or `active`");
    }
    let limits = form.limits("/limits", body.limits);
    let plan = body.plan.as_deref().map(|plan| plan_ref(&mut form, "/plan", plan));
    form.finish()?;
    Ok((NewCustomer { code: String::new(), details, status, limits }, code, plan))
}

/// Where a customer is; a part of no country is refused.
fn place(form: &mut Form, country: Option<Country>, region: Option<&str>) -> Option<Place> {
    let region = region.filter(|region| !region.is_empty());
    if region.is_some_and(|region| !tax::is_region(region)) {
        form.refuse("/region", "must be the second half of an ISO 3166-2 code, such as `QC`");
    } else if region.is_some() && country.is_none() {
        form.refuse("/region", "needs a country");
    }
    country.map(|country| Place { country, region: region.map(str::to_owned) })
}

/// A number that begins as the VAT numbers of the customer's country do has to be one: tax goes by it.
fn vat_id(form: &mut Form, details: &Details) {
    let (Some(place), Some(id)) = (&details.place, &details.tax_id) else { return };
    if let Err(error) = tax::check_vat_id(place.country, id) {
        form.refuse("/tax_id", error.to_string());
    }
}

fn flags(form: &mut Form, flags: &std::collections::BTreeMap<String, bool>) -> serde_json::Value {
    if flags.len() > 100 {
        form.refuse("/feature_flags", "must have at most 100 entries");
    }
    for name in flags.keys() {
        form.text("/feature_flags", name, text::key);
    }
    json!(flags)
}

/// Shows a customer.
#[utoipa::path(
    tag = "Customers",
    operation_id = "get_customer",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = Customer)),
    security(("bearer" = ["customers:read"]))
)]
#[get("/msp/customers/{customer}")]
async fn read(ctx: Ctx<perm::CustomersRead>, customer: At<CustomerRef>) -> ApiResult {
    let customer = ctx.read(async |tx| Ok(store::customers::find(tx, &customer.0).await?)).await?;
    Ok(reply(&made(customer)))
}

/// Changes a customer's details.
#[utoipa::path(
    tag = "Customers",
    operation_id = "update_customer",
    params(("customer" = String, Path, description = "Id or code")),
    request_body = UpdateCustomer,
    responses((status = 200, body = Customer)),
    security(("bearer" = ["customers:write"]))
)]
#[patch("/msp/customers/{customer}")]
async fn update(
    ctx: Ctx<perm::CustomersWrite>,
    customer: At<CustomerRef>,
    body: Body<UpdateCustomer>,
) -> ApiResult {
    let customer = ctx
        .write(async |tx| {
            customers::update(tx, &customer.0, ctx.if_match(), |details| apply(&body, details)).await
        })
        .await?;
    Ok(reply(&made(customer)))
}

fn apply(body: &UpdateCustomer, details: &mut Details) -> Result<(), AppError> {
    let mut form = Form::new();
    if let Some(name) = &body.company_name {
        details.company_name = form.line("/company_name", name, 200);
    }
    if let Some(value) = &body.contact_name {
        details.contact_name = form.optional_line("/contact_name", value.as_deref(), 120);
    }
    if let Some(value) = &body.contact_email {
        details.contact_email = form.optional("/contact_email", value.as_deref(), text::email);
    }
    if let Some(value) = &body.phone {
        details.phone = form.optional("/phone", value.as_deref(), text::phone);
    }
    if let Some(value) = &body.address {
        details.address = form.optional_paragraph("/address", value.as_deref(), 500);
    }
    if let Some(value) = &body.tax_id {
        details.tax_id = form.optional_line("/tax_id", value.as_deref(), 50);
    }
    if body.country.is_some() || body.region.is_some() {
        let before = details.place.take();
        let country = body.country.unwrap_or(before.as_ref().map(|place| place.country));
        // Another country has other parts.
        let kept = before.filter(|before| Some(before.country) == country).and_then(|before| before.region);
        let region = body.region.clone().unwrap_or(kept);
        details.place = place(&mut form, country, region.as_deref());
    }
    if let Some(value) = &body.tax_exempt {
        details.tax_exempt = form.optional_line("/tax_exempt", value.as_deref(), 200);
    }
    if body.tax_id.is_some() || body.country.is_some() {
        vat_id(&mut form, details);
    }
    if let Some(value) = &body.external_ref {
        details.external_ref = form.optional_line("/external_ref", value.as_deref(), 100);
    }
    if let Some(value) = &body.notes {
        details.notes = form.optional_paragraph("/notes", value.as_deref(), 10_000);
    }
    if let Some(value) = body.trial_ends_on {
        details.trial_ends_on = value.map(Likely::get);
    }
    if let Some(value) = &body.feature_flags {
        details.feature_flags = flags(&mut form, value);
    }
    form.finish()
}

/// Shows what a customer may use at most.
#[utoipa::path(
    tag = "Customers",
    operation_id = "get_customer_limits",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = Limits)),
    security(("bearer" = ["customers:read"]))
)]
#[get("/msp/customers/{customer}/limits")]
async fn read_limits(ctx: Ctx<perm::CustomersRead>, customer: At<CustomerRef>) -> ApiResult {
    let customer = ctx.read(async |tx| Ok(store::customers::find(tx, &customer.0).await?)).await?;
    Ok(reply(&Made::versioned(customer.limits, customer.version)))
}

/// Sets what a customer may use at most; what is left out has no limit.
#[utoipa::path(
    tag = "Customers",
    operation_id = "set_customer_limits",
    params(("customer" = String, Path, description = "Id or code")),
    request_body = Limits,
    responses((status = 200, body = Customer)),
    security(("bearer" = ["customers:write"]))
)]
#[put("/msp/customers/{customer}/limits")]
async fn set_limits(
    ctx: Ctx<perm::CustomersWrite>,
    customer: At<CustomerRef>,
    body: Body<Limits>,
) -> ApiResult {
    let mut form = Form::new();
    let limits = form.limits("", body.value);
    form.finish()?;
    let customer =
        ctx.write(async |tx| customers::set_limits(tx, &customer.0, ctx.if_match(), limits).await).await?;
    Ok(reply(&made(customer)))
}

/// Shuts a customer out for now.
#[utoipa::path(
    tag = "Customers",
    operation_id = "suspend_customer",
    params(("customer" = String, Path, description = "Id or code")),
    request_body = Option<SuspendCustomer>,
    responses((status = 200, body = Customer)),
    security(("bearer" = ["customers:write"]))
)]
#[post("/msp/customers/{customer}/suspend")]
async fn suspend(
    ctx: Ctx<perm::CustomersWrite>,
    customer: At<CustomerRef>,
    body: OptionalBody<SuspendCustomer>,
) -> ApiResult {
    let mut form = Form::new();
    let reason = form.optional_line("/reason", body.value.reason.as_deref(), 500);
    form.finish()?;
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        Ok(made(customers::suspend(tx, &customer.0, reason.as_deref()).await?))
    })
    .await
}

/// Lets a suspended, closed or trying customer in as an ordinary one.
#[utoipa::path(
    tag = "Customers",
    operation_id = "resume_customer",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = Customer)),
    security(("bearer" = ["customers:write"]))
)]
#[post("/msp/customers/{customer}/resume")]
async fn resume(ctx: Ctx<perm::CustomersWrite>, customer: At<CustomerRef>) -> ApiResult {
    ctx.post(StatusCode::OK, &[], async |tx| Ok(made(customers::resume(tx, &customer.0).await?))).await
}

/// Ends the relation with a customer; everything that was is kept.
#[utoipa::path(
    tag = "Customers",
    operation_id = "close_customer",
    params(("customer" = String, Path, description = "Id or code")),
    responses((status = 200, body = Customer)),
    security(("bearer" = ["customers:write"]))
)]
#[post("/msp/customers/{customer}/close")]
async fn close(ctx: Ctx<perm::CustomersWrite>, customer: At<CustomerRef>) -> ApiResult {
    ctx.post(StatusCode::OK, &[], async |tx| Ok(made(customers::close(tx, &customer.0).await?))).await
}
