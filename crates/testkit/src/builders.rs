//! Things to be made for a test, with sensible values where the test has no wish.

use domain::{customers::CustomerStatus, ids::TenantId, limits::Limits};
use serde_json::json;
use store::customers::{Customer, Details, NewCustomer};

use crate::World;

pub(crate) fn new_customer(code: &str, name: &str) -> NewCustomer {
    NewCustomer {
        code: code.to_owned(),
        details: Details {
            company_name: name.to_owned(),
            contact_email: Some("billing@customer.example.com".to_owned()),
            feature_flags: json!({}),
            ..Details::default()
        },
        status: CustomerStatus::Active,
        limits: Limits::default(),
    }
}

/// A customer to be taken on.
pub struct CustomerBuilder<'a> {
    world: &'a World,
    tenant: TenantId,
    new: NewCustomer,
}

impl<'a> CustomerBuilder<'a> {
    pub(crate) fn new(world: &'a World, tenant: TenantId) -> Self {
        let id: domain::ids::CustomerId = world.store().new_id();
        // The end of an id differs from that of every other.
        let text = id.to_string().to_ascii_uppercase();
        let code = format!("C-{}", text.get(14..).unwrap_or(&text));
        Self { world, tenant, new: new_customer(&code, &format!("Customer {code}")) }
    }

    /// The code.
    pub fn code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.new.code);
        self
    }

    /// The company's name.
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.new.details.company_name);
        self
    }

    /// Where it stands.
    pub fn status(mut self, status: CustomerStatus) -> Self {
        self.new.status = status;
        self
    }

    /// What it may use at most.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.new.limits = limits;
        self
    }

    /// Takes it on.
    pub async fn create(self) -> Customer {
        let scope = self.world.tenant_scope(self.tenant).await;
        self.world
            .store()
            .write(&scope, async |tx| app::customers::create(tx, &self.new).await)
            .await
            .expect("the customer is taken on")
    }
}
