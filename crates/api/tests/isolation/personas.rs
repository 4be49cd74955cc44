//! Who asks.

use domain::{
    ids::{CustomerId, TenantId},
    permissions::{Permission, Role},
};
use serde_json::json;
use testkit::TestApp;

/// Somebody with what the table of permissions says about them.
#[derive(Debug, Clone)]
pub struct Persona {
    pub name: String,
    pub tenant: TenantId,
    pub customer: Option<CustomerId>,
    pub restricted: bool,
    permissions: Vec<Permission>,
}

impl Persona {
    /// Whether a permission is granted, by role or as a key's scope.
    pub fn allows(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// All that a caller who is limited to customers can ever be allowed.
fn all_of_the_limited() -> Vec<Permission> {
    let roles = [Role::MspOperator, Role::MspBilling];
    Permission::ALL.iter().copied().filter(|right| roles.iter().any(|role| role.allows(*right))).collect()
}

/// The world with somebody in it for every role, limited to customers and not, and with API keys; all of
/// them signed in.
pub async fn start() -> TestApp {
    let mut app = TestApp::start().await;
    let (tenant, a) = (app.northwind.tenant, app.northwind.a);
    app.add_person(tenant, "northwind_limited_billing", Role::MspBilling, None, Some(vec![a])).await;
    let new = json!({"name": "limited", "scopes": all_of_the_limited(), "only_customers": [a]});
    let admin = app.client("northwind_admin").await;
    let made = admin.post("/api/v1/msp/api-keys", &new).await.expect(201);
    app.keep("northwind_limited_key", made.text("/secret"));
    for who in all(&app) {
        app.client(&who.name).await;
    }
    app
}

/// Everybody.
pub fn all(app: &TestApp) -> Vec<Persona> {
    let people = app.names().map(|name| {
        let person = app.person(name);
        Persona {
            name: name.to_owned(),
            tenant: person.tenant,
            customer: person.customer,
            restricted: person.only_customers.is_some(),
            permissions: Permission::ALL.iter().copied().filter(|right| person.role.allows(*right)).collect(),
        }
    });
    let key = |name: &str, tenant, restricted, permissions| Persona {
        name: name.to_owned(),
        tenant,
        customer: None,
        restricted,
        permissions,
    };
    let scopes = TestApp::KEY_SCOPES.to_vec();
    let keys = [
        key("northwind_key", app.northwind.tenant, false, scopes.clone()),
        key("northwind_limited_key", app.northwind.tenant, true, all_of_the_limited()),
        key("harbor_key", app.harbor.tenant, false, scopes),
    ];
    people.chain(keys).collect()
}
