//! One tenant sees, changes and reaches nothing of another, in any table; nor one customer of the next.
//!
//! The tables come from the catalogue, so a new one is tried as soon as it is there; it only needs rows in
//! [`FILL`]. What is tried is tried as the tenants' role: a superuser sees everything and proves nothing.

use store::{
    PageRequest, StoreError, brands,
    customers::{self, CustomerFilter, CustomerRef},
    events::{self, EventFilter},
    invitations,
    memberships::{self, Of},
};
use testkit::{Refused, Sql, World};

/// A row in every tenant table for both MSPs, and in those about customers for each of theirs.
const FILL: &str = "
    insert into api_keys (tenant_id, id, name, prefix, secret_hash, permissions, created_by, created_at)
        select id, gen_random_uuid(), 'k', 'bwk_', '\\x00', '{}', 'x', now() from tenants where kind = 'msp';
    insert into brand_assets (tenant_id, kind, id, content_type, bytes, sha256, width, height, created_at)
        select id, 'logo', gen_random_uuid(), 'image/png', '\\x00', '\\x00', 1, 1, now() from tenants where kind = 'msp';
    insert into idempotency_keys (tenant_id, actor, key, request_hash, created_at)
        select id, 'user:x', 'k', '\\x00', now() from tenants where kind = 'msp';
    insert into jobs (tenant_id, id, kind, payload, run_at, created_at)
        select id, gen_random_uuid(), 'x', '{}', 'infinity', now() from tenants where kind = 'msp';
    insert into metrics (tenant_id, id, key, name, unit, created_at)
        select id, gen_random_uuid(), 'machines', 'Machines', 'machine', now() from tenants where kind = 'msp';
    insert into plans (tenant_id, id, code, name, currency, base_fee_minor, created_at, updated_at)
        select id, gen_random_uuid(), 'BASIC', 'Basic', 'USD', 100, now(), now() from tenants where kind = 'msp';
    insert into plan_prices (tenant_id, plan_id, version, name, currency, base_fee_minor, components, adjustments, created_at)
        select tenant_id, id, 1, name, currency, 100, '[]', '{}', now() from plans;
    insert into plan_components (tenant_id, plan_id, id, position, metric, name, price)
        select tenant_id, id, gen_random_uuid(), 1, 'machines', 'Machines',
               '{\"model\": \"unit\", \"unit_price\": \"1\"}' from plans;
    insert into tenant_hosts (tenant_id, host, created_at)
        select id, slug || '.example.com', now() from tenants where kind = 'msp';
    insert into payment_accounts (tenant_id, provider, account, created_at, updated_at)
        select id, 'stripe', 'acct_' || slug, now(), now() from tenants where kind = 'msp';
    insert into usage_keys (tenant_id, source, event_id, content_hash)
        select id, 's', 'e', '\\x00' from tenants where kind = 'msp';
    insert into membership_customers (tenant_id, membership_id, customer_id)
        select m.tenant_id, m.id, c.id from memberships m join customers c using (tenant_id)
        where m.role = 'msp_billing';
    insert into invitations (tenant_id, id, email, role, customer_id, token_hash, invited_by, expires_at, created_at)
        select tenant_id, gen_random_uuid(), 'x@example.com', 'customer_viewer', id, '\\x00', 'x', now(), now()
        from customers;
    insert into mails (tenant_id, id, customer_id, kind, from_name, to_address, subject, text_body, html_body, created_at)
        select tenant_id, gen_random_uuid(), id, 'x', 'x', 'x@example.com', 'x', 'x', 'x', now() from customers;
    insert into subscriptions (tenant_id, id, customer_id, plan_id, price_version, starts_on, created_at, updated_at)
        select c.tenant_id, gen_random_uuid(), c.id, p.id, 1, '2025-01-01', now(), now()
        from customers c join plans p using (tenant_id);
    insert into subscription_changes (tenant_id, id, subscription_id, customer_id, effective_on, kind, created_at)
        select tenant_id, gen_random_uuid(), id, customer_id, '2025-02-01', 'pause', now() from subscriptions;
    insert into usage_events (tenant_id, customer_id, metric, occurred_at, id, quantity, source, event_id, received_at)
        select tenant_id, id, 'machines', now(), gen_random_uuid(), 1, 's', 'e', now() from customers;
    insert into usage_months (tenant_id, month, customer_id, metric, quantity, events)
        select tenant_id, '2025-11-01', id, 'machines', 1, 1 from customers;
    insert into roll_ups (tenant_id, customer_id, metric, month, events)
        select tenant_id, id, 'machines', '2025-11-01', 1 from customers;
    insert into invoices (tenant_id, id, customer_id, status, currency, period_start, period_end, total_minor, created_at,
                          updated_at)
        select tenant_id, gen_random_uuid(), customer_id, 'draft', 'USD', '2025-11-01', '2025-12-01', 100, now(), now()
        from subscriptions;
    insert into invoice_subscriptions (tenant_id, invoice_id, subscription_id, customer_id, position, period_start,
                                       period_end, plan_id, plan_name, plan_version)
        select s.tenant_id, i.id, s.id, s.customer_id, 1, i.period_start, i.period_end, s.plan_id, 'Basic', 1
        from subscriptions s join invoices i using (tenant_id, customer_id);
    insert into invoice_lines (tenant_id, invoice_id, subscription_id, id, customer_id, position, kind, description, used,
                               included, quantity, unit_price, amount_minor, events, service_start, service_end)
        select tenant_id, invoice_id, subscription_id, gen_random_uuid(), customer_id, 1, 'base_fee', 'x', 0, 0, 1, 1, 100,
               0, '2025-11-01', '2025-12-01' from invoice_subscriptions;
    insert into invoice_evidence (tenant_id, invoice_id, customer_id, body)
        select tenant_id, id, customer_id, '{}' from invoices;
    with booked as (
        insert into ledger_transactions (tenant_id, id, customer_id, kind, subject_id, booked_on, currency, entries, created_at)
            select tenant_id, id, customer_id, 'invoice', id, '2025-11-01', 'USD', 2, now() from invoices
        returning tenant_id, id, customer_id)
    insert into ledger_entries (tenant_id, transaction_id, position, customer_id, account, amount_minor)
        select tenant_id, id, n, customer_id, case n when 1 then 'receivable' else 'revenue' end, 300 - 200 * n
        from booked, generate_series(1, 2) n;
    insert into checkouts (tenant_id, id, customer_id, invoice_id, account, amount_minor, currency, status, expires_at,
                           created_at, updated_at)
        select tenant_id, gen_random_uuid(), customer_id, id, 'acct', 100, 'USD', 'open', now(), now(), now()
        from invoices;
    insert into dunning_pauses (tenant_id, invoice_id, subscription_id, customer_id)
        select tenant_id, invoice_id, subscription_id, customer_id from invoice_subscriptions;
    insert into billed_usage (tenant_id, subscription_id, month, customer_id, events)
        select tenant_id, id, '2025-11-01', customer_id, 1 from subscriptions;
    insert into payers (tenant_id, customer_id, account, payer, created_at)
        select tenant_id, id, 'acct', 'cus_' || id, now() from customers;
    insert into method_setups (tenant_id, id, customer_id, account, payer, status, back, expires_at, created_at,
                               updated_at)
        select tenant_id, gen_random_uuid(), customer_id, 'acct', payer, 'open', 'portal', now(), now(), now() from payers;
    insert into payment_methods (tenant_id, id, customer_id, account, payer, reference, kind, is_default, created_at)
        select tenant_id, gen_random_uuid(), customer_id, 'acct', payer, 'pm_' || customer_id, 'card', true, now()
        from payers;
    insert into charges (tenant_id, id, customer_id, invoice_id, payment_method_id, amount_minor, currency, status,
                         created_at, updated_at)
        select i.tenant_id, gen_random_uuid(), i.customer_id, i.id, m.id, 100, 'USD', 'open', now(), now()
        from invoices i join payment_methods m using (tenant_id, customer_id);
    insert into payments (tenant_id, id, customer_id, invoice_id, provider, reference, amount_minor, currency, paid_at,
                          created_at)
        select tenant_id, gen_random_uuid(), customer_id, id, 'stripe', 'pi_' || id, 100, 'USD', now(), now()
        from invoices;
    insert into credit_notes (tenant_id, id, customer_id, invoice_id, sequence, number, reason, currency, total_minor,
                              credit_minor, issued_on, created_at)
        select tenant_id, gen_random_uuid(), customer_id, id, row_number() over (), 'x', 'x', 'USD', 100, 0, '2025-11-01',
               now()
        from invoices;
    insert into credit_note_lines (tenant_id, credit_note_id, position, customer_id, invoice_id, invoice_line_id,
                                   amount_minor)
        select n.tenant_id, n.id, 1, n.customer_id, n.invoice_id, l.id, 100
        from credit_notes n join invoice_lines l using (tenant_id, invoice_id);
    insert into credit_applications (tenant_id, id, customer_id, invoice_id, currency, amount_minor, created_at)
        select tenant_id, gen_random_uuid(), customer_id, id, 'USD', 100, now() from invoices;
    insert into credit_grants (tenant_id, id, customer_id, source, description, currency, amount_minor, left_minor,
                               created_at)
        select tenant_id, gen_random_uuid(), id, 'promotional', 'x', 'USD', 100, 100, now() from customers;
    insert into credit_moves (tenant_id, id, customer_id, grant_id, kind, invoice_id, amount_minor, created_at)
        select g.tenant_id, gen_random_uuid(), g.customer_id, g.id, 'used', i.id, -1, now()
        from credit_grants g join invoices i using (tenant_id, customer_id);
    insert into credit_notices (tenant_id, grant_id, customer_id, created_at)
        select tenant_id, id, customer_id, now() from credit_grants;
    insert into deferrals (tenant_id, invoice_id, invoice_line_id, customer_id, net_minor, ends_on, recognized_until)
        select tenant_id, invoice_id, id, customer_id, 100, '2026-01-01', '2025-12-01' from invoice_lines;
    insert into fee_checks (tenant_id, subscription_id, customer_id, due_on)
        select tenant_id, id, customer_id, '2025-12-01' from subscriptions;
    insert into fee_returns (tenant_id, credit_note_id, customer_id, invoice_id, invoice_line_id, service_start, service_end)
        select tenant_id, credit_note_id, customer_id, invoice_id, invoice_line_id, '2025-12-01', '2025-12-02'
        from credit_note_lines;
    insert into recognitions (tenant_id, id, customer_id, invoice_id, month, kind, amount_minor, created_at)
        select tenant_id, gen_random_uuid(), customer_id, invoice_id, '2025-12-01', 'earned', 1, now() from deferrals;
    insert into refunds (tenant_id, id, customer_id, invoice_id, payment_id, amount_minor, currency, status, reason,
                         created_at, updated_at, asked_at)
        select tenant_id, gen_random_uuid(), customer_id, invoice_id, id, 1, currency, 'pending', 'x', now(), now(), now()
        from payments;
    insert into disputes (tenant_id, id, customer_id, invoice_id, payment_id, reference, amount_minor, currency, reason,
                          status, opened_at, updated_at)
        select tenant_id, gen_random_uuid(), customer_id, invoice_id, id, 'dp_' || id, 1, currency, 'x', 'needs_response',
               now(), now()
        from payments;
    insert into payouts (tenant_id, id, reference, amount_minor, currency, status, automatic, method, arrives_on, made_at,
                         read_at, updated_at)
        select id, gen_random_uuid(), 'po_' || slug, 100, 'USD', 'paid', true, 'standard', '2025-11-01', now(), now(), now()
        from tenants where kind = 'msp';
    insert into dunning_schedules (tenant_id, number, steps, created_at) select id, 1, '[]', now() from tenants;
    insert into dunning_cases (tenant_id, invoice_id, customer_id, schedule, created_at, updated_at)
        select tenant_id, id, customer_id, 1, now(), now() from invoices;
    insert into dunning_steps (tenant_id, invoice_id, step, customer_id, action, done_on, created_at)
        select tenant_id, invoice_id, 0, customer_id, 'remind', '2025-11-01', now() from dunning_cases;
    insert into one_off_charges (tenant_id, id, customer_id, kind, description, quantity, unit_price, currency, created_at)
        select tenant_id, gen_random_uuid(), id, 'one_off', 'x', 1, 1, 'USD', now() from customers;
    insert into meters (tenant_id, id, metric, function, event_name, created_at)
        select tenant_id, gen_random_uuid(), min(key), 'sum', min(key), now() from metrics group by tenant_id;
    insert into meter_days (tenant_id, customer_id, metric, day)
        select c.tenant_id, c.id, m.metric, '2025-11-01' from customers c join meters m using (tenant_id);
    insert into meter_pushes (tenant_id, id, customer_id, meter_id, day, quantity, status, created_at)
        select c.tenant_id, gen_random_uuid(), c.id, m.id, '2025-11-01', 1, 'waiting', now()
        from customers c join meters m using (tenant_id);
    insert into meter_checks (tenant_id, customer_id, meter_id, day, ours, theirs, checked_at)
        select tenant_id, customer_id, meter_id, day, 1, 2, now() from meter_pushes;
    insert into events (tenant_id, occurred_at, seq, id, type, actor, actor_name, subject, customer_id, data, hash)
        select tenant_id, now(), 1000 + row_number() over (), gen_random_uuid(), 'x', 'x', 'x', 'x', id, '{}', '\\x00'
        from customers;
";

/// Tables whose policy looks at the customer, and in which column.
const OF_CUSTOMERS: &str =
    "select tablename, case tablename when 'customers' then 'id' else 'customer_id' end
    from pg_policies where schemaname = 'public' and qual like '%= ANY (%customer_ids%'";

/// Tables of which who is limited to some customers sees nothing.
const OF_THE_WHOLE: &str = "select tablename from pg_policies where schemaname = 'public' and qual like '%(app.customer_ids() IS NULL))'";

struct Table {
    name: String,
    /// What the tenants' role may do with it at all.
    rights: Vec<String>,
}

impl Table {
    fn allows(&self, right: &str) -> bool {
        self.rights.iter().any(|known| known == right)
    }
}

/// A filled world, and a connection like those of the server's pool.
struct Fixture {
    world: World,
    superuser: Sql,
    login: Sql,
    tables: Vec<Table>,
}

impl Fixture {
    async fn new() -> Self {
        let world = World::start().await;
        let superuser = world.database().superuser().await;
        superuser.run(FILL).await;
        let login = world.database().connect_as("bailiwick_login").await;
        let tables = superuser
            .rows(
                "select c.relname, array_to_string(array(
                        select lower(x.privilege_type) from aclexplode(c.relacl) x
                        where x.grantee = 'bailiwick_tenant'::regrole
                        union select 'select' where has_any_column_privilege('bailiwick_tenant', c.oid, 'select')), ',')
                 from pg_class c join pg_policy p on p.polrelid = c.oid and p.polname = 'tenant'
                 where c.relname <> 'tenants' order by 1",
            )
            .await
            .into_iter()
            .map(|row| Table { name: row[0].clone(), rights: row[1].split(',').map(str::to_owned).collect() })
            .collect::<Vec<_>>();
        assert!(tables.len() > 20, "the catalogue was read");
        Self { world, superuser, login, tables }
    }

    /// Runs a statement as the server does, in a transaction of a tenant that is rolled back.
    async fn attempt(&self, tenant: &str, customers: &str, statement: &str) -> Result<u64, Refused> {
        let outcome = self.login.attempt(&begin(tenant, customers)).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        let outcome = self.login.attempt(statement).await;
        self.login.run("rollback").await;
        outcome
    }

    /// The one number of a query, asked the same way.
    async fn number(&self, tenant: &str, customers: &str, query: &str) -> i64 {
        self.login.run(&begin(tenant, customers)).await;
        let number = self.login.number(query).await;
        self.login.run("rollback").await;
        number
    }

    /// A tenant's or customer's id as the database writes it.
    async fn uuid(&self, query: &str) -> String {
        self.superuser.value(query).await
    }

    async fn tenants(&self) -> (String, String) {
        let of = async |slug: &str| self.uuid(&format!("select id from tenants where slug = '{slug}'")).await;
        (of("northwind").await, of("harbor").await)
    }

    async fn finish(self) {
        // What was filled in is no work to be done.
        self.superuser.run("delete from jobs where kind = 'x'").await;
        self.world.finish().await;
    }
}

fn begin(tenant: &str, customers: &str) -> String {
    format!(
        "begin; set local role bailiwick_tenant; set local app.tenant_id = '{tenant}';
         set local app.customer_ids = '{customers}'"
    )
}

/// The code of a refusal; empty where there was none.
fn code<T>(outcome: &Result<T, Refused>) -> &str {
    outcome.as_ref().err().map_or("", |refused| refused.code.as_str())
}

#[tokio::test]
async fn another_tenants_rows_are_not_there() {
    let fixture = Fixture::new().await;
    let (own, other) = fixture.tenants().await;
    for table in &fixture.tables {
        let name = &table.name;
        let count = |tenant: &str| format!("select count(*) from {name} where tenant_id = '{tenant}'");
        for tenant in [&own, &other] {
            let there = fixture.superuser.number(&count(tenant)).await;
            assert!(there > 0, "no row of {name} to be seen: add one to FILL");
        }
        if !table.allows("select") {
            assert_eq!(code(&fixture.attempt(&own, "all", &count(&other)).await), "42501", "{name}");
            continue;
        }
        assert_eq!(fixture.number(&own, "all", &count(&other)).await, 0, "{name}");
        let all = format!("select count(*) from {name}");
        let (seen, there) =
            (fixture.number(&own, "all", &all).await, fixture.superuser.number(&count(&own)).await);
        assert_eq!(seen, there, "{name}: all of one's own, and nothing else");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn another_tenants_rows_cannot_be_changed() {
    let fixture = Fixture::new().await;
    let (own, other) = fixture.tenants().await;
    let mut changed = 0;
    for table in &fixture.tables {
        let name = &table.name;
        for (right, statement) in [
            ("update", format!("update {name} set tenant_id = tenant_id")),
            ("delete", format!("delete from {name}")),
        ] {
            let foreign =
                fixture.attempt(&own, "all", &format!("{statement} where tenant_id = '{other}'")).await;
            if !table.allows(right) {
                assert_eq!(code(&foreign), "42501", "{right} {name}");
                continue;
            }
            assert_eq!(foreign, Ok(0), "{right} {name}");
            // The same statement does find one's own.
            let own_rows =
                fixture.attempt(&own, "all", &format!("{statement} where tenant_id = '{own}'")).await;
            assert_ne!(own_rows, Ok(0), "{right} {name}");
            changed += u64::from(own_rows.is_ok());
        }
        if table.allows("update") {
            let moved = format!("update {name} set tenant_id = '{other}' where tenant_id = '{own}'");
            assert_eq!(code(&fixture.attempt(&own, "all", &moved).await), "42501", "{name} moved away");
        }
    }
    assert!(changed > 10, "the statements work at all");
    fixture.finish().await;
}

#[tokio::test]
async fn nothing_can_be_put_into_another_tenant() {
    let fixture = Fixture::new().await;
    let (own, other) = fixture.tenants().await;
    for table in &fixture.tables {
        let name = &table.name;
        let copy = async |tenant: &str| {
            let row = format!("select to_jsonb(t) from {name} t where tenant_id = '{tenant}' limit 1");
            let row = fixture.superuser.value(&row).await.replace('\'', "''");
            let insert =
                format!("insert into {name} select * from jsonb_populate_record(null::{name}, '{row}')");
            fixture.attempt(&own, "all", &insert).await
        };
        let foreign = copy(&other).await;
        assert_eq!(code(&foreign), "42501", "{name}: {foreign:?}");
        if table.allows("insert") {
            // One's own row gets further: it is there already.
            assert_eq!(code(&copy(&own).await), "23505", "{name}");
        }
    }
    let customer =
        fixture.uuid(&format!("select id from customers where tenant_id = '{other}' limit 1")).await;
    let points_across = format!(
        "insert into mails (tenant_id, id, customer_id, kind, from_name, to_address, subject, text_body, html_body,
                            created_at)
         values ('{own}', gen_random_uuid(), '{customer}', 'x', 'x', 'x', 'x', 'x', 'x', now())"
    );
    assert_eq!(
        code(&fixture.attempt(&own, "all", &points_across).await),
        "23503",
        "a foreign key leads across"
    );
    fixture.finish().await;
}

#[tokio::test]
async fn a_restricted_scope_sees_its_customers_alone() {
    let fixture = Fixture::new().await;
    let (own, _) = fixture.tenants().await;
    let of =
        async |code: &str| fixture.uuid(&format!("select id from customers where code = '{code}'")).await;
    let (a, b) = (of("NORTHWIND-A").await, of("NORTHWIND-B").await);
    let tables = fixture.superuser.rows(OF_CUSTOMERS).await;
    assert!(tables.len() > 10, "the catalogue was read: {tables:?}");
    for row in &tables {
        let (name, column) = (&row[0], &row[1]);
        let all = format!("select count(*) from {name}");
        let of_a = format!("select count(*) from {name} where tenant_id = '{own}' and {column} = '{a}'");
        let there = fixture.superuser.number(&of_a).await;
        assert!(there > 0, "no row of {name} about customer A");
        assert_eq!(fixture.number(&own, &format!("{{{a}}}"), &all).await, there, "{name}");
        assert_eq!(fixture.number(&own, "{}", &all).await, 0, "{name}: no customer at all");
        let both = fixture.number(&own, &format!("{{{a},{b}}}"), &all).await;
        assert!(both > there, "{name}: two customers");
        let table = fixture.tables.iter().find(|table| table.name == *name).expect("it is a tenant table");
        if table.allows("update") {
            let moved = format!("update {name} set {column} = '{b}' where {column} = '{a}'");
            let outcome = fixture.attempt(&own, &format!("{{{a}}}"), &moved).await;
            assert_eq!(code(&outcome), "42501", "{name}: moved to another customer: {outcome:?}");
        }
    }
    fixture.finish().await;
}

#[tokio::test]
async fn a_restricted_scope_sees_nothing_of_the_whole_tenant() {
    let fixture = Fixture::new().await;
    let (own, _) = fixture.tenants().await;
    let a = fixture.uuid("select id from customers where code = 'NORTHWIND-A'").await;
    let tables = fixture.superuser.column(OF_THE_WHOLE).await;
    assert_eq!(tables, ["payouts"]);
    for name in &tables {
        let all = format!("select count(*) from {name}");
        assert_eq!(fixture.number(&own, "all", &all).await, 1, "{name}");
        for customers in [format!("{{{a}}}"), "{}".to_owned(), String::new()] {
            assert_eq!(fixture.number(&own, &customers, &all).await, 0, "{name} for {customers}");
        }
    }
    fixture.finish().await;
}

#[tokio::test]
async fn without_settings_there_is_nothing() {
    let fixture = Fixture::new().await;
    let (own, _) = fixture.tenants().await;
    let fresh = fixture.world.database().connect_as("bailiwick_login").await;
    // A connection that never had settings, and one whose settings have ended: they read as '' then.
    for connection in [&fresh, &fixture.login] {
        for table in fixture.tables.iter().filter(|table| table.allows("select")) {
            let count = format!("select count(*) from {}", table.name);
            connection.run("begin; set local role bailiwick_tenant").await;
            assert_eq!(connection.number(&count).await, 0, "{}", table.name);
            connection.run(&format!("set local app.tenant_id = '{own}'")).await;
            let without_customers = connection.number(&count).await;
            connection.run("rollback").await;
            let of_customers = fixture.superuser.rows(OF_CUSTOMERS).await;
            if of_customers.iter().any(|row| row[0] == table.name) {
                assert_eq!(without_customers, 0, "{}: the tenant alone is not enough", table.name);
            }
        }
        let tenants = "begin; set local role bailiwick_tenant; select count(*) from tenants; rollback";
        assert_eq!(connection.number(tenants).await, 0);
    }
    fixture.finish().await;
}

#[tokio::test]
async fn the_logins_are_nothing_by_themselves() {
    let fixture = Fixture::new().await;
    for table in fixture
        .superuser
        .column(
            "select relname from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p')",
        )
        .await
    {
        let read = fixture.login.attempt(&format!("select * from {table} limit 1")).await;
        assert_eq!(code(&read), "42501", "{table}");
    }
    let append = "select app.append_events(gen_random_uuid(), '{}', now(), '{}', 'x', 'x', '{}', '{}', '{}', null, null)";
    assert_eq!(code(&fixture.login.attempt(append).await), "42501");
    for role in ["bailiwick_system", "bailiwick_owner", "postgres"] {
        let raised = fixture.login.attempt(&format!("set role {role}")).await;
        assert!(raised.is_err(), "the pool's login becomes {role}");
    }
    let system = fixture.world.database().connect_as("bailiwick_system").await;
    assert_eq!(code(&system.attempt("set role bailiwick_tenant").await), "42501");
    for table in ["invoice_lines", "checkouts", "usage_events", "plans", "subscriptions"] {
        let read = system.attempt(&format!("select * from {table} limit 1")).await;
        assert_eq!(code(&read), "42501", "the narrow door leads to {table}");
    }
    fixture.finish().await;
}

#[tokio::test]
async fn sums_are_read_by_the_tenant_right_above_alone() {
    let fixture = Fixture::new().await;
    let (above, below) = fixture.tenants().await;
    let customer =
        fixture.uuid(&format!("select id from customers where tenant_id = '{above}' limit 1")).await;
    let metric =
        format!("update metrics set rolls_up = 'usage' where tenant_id = '{above}' and key = 'machines'");
    fixture.superuser.run(&metric).await;
    let parts = [
        format!(
            "select coalesce(sum(quantity), 0)::bigint from app.used_below('{customer}', '{{machines}}', '-infinity', 'infinity')"
        ),
        format!(
            "select coalesce(sum(events), 0)::bigint from app.events_below('{customer}', 'UTC', '2025-11-01', '2025-11-01')"
        ),
        format!("select app.customers_below('{customer}', 'heads')"),
    ];
    let refused = async |scope: &str, why: &str| {
        for part in &parts {
            assert_eq!(code(&fixture.attempt(&above, scope, part).await), "42501", "{why}: {part}");
        }
    };
    refused("all", "the customer is no tenant").await;
    let link = format!("update customers set downstream_tenant_id = '{below}' where id = '{customer}'");
    fixture.superuser.run(&link).await;
    refused("all", "the tenant is below another").await;
    let adopt = format!("update tenants set parent_id = '{above}' where id = '{below}'");
    fixture.superuser.run(&adopt).await;
    let heads = format!(
        "insert into metrics select tenant_id, gen_random_uuid(), 'heads', 'x', 'x', null, now(), 'customers'
                         from metrics where tenant_id = '{above}' and key = 'machines'"
    );
    fixture.superuser.run(&heads).await;
    let there = [
        "sum(quantity)::bigint from usage_events",
        "sum(events)::bigint from usage_months",
        "count(*) from customers",
    ];
    for (part, there) in parts.iter().zip(there) {
        let there = fixture.superuser.number(&format!("select {there} where tenant_id = '{below}'")).await;
        assert!(there > 0 && fixture.number(&above, "all", part).await == there, "{part}");
    }
    // Only what is rolled up.
    let other = format!(
        "update metrics set rolls_up = 'customers:x' where tenant_id = '{above}' and rolls_up is not null"
    );
    fixture.superuser.run(&other).await;
    for part in &parts {
        assert_eq!(fixture.number(&above, "all", part).await, 0, "{part}");
    }
    refused("{}", "the customer is out of reach").await;
    // What follows in the transaction sees no more than before.
    fixture.login.run(&begin(&above, "all")).await;
    for part in &parts {
        fixture.login.number(part).await;
    }
    let settings = "select current_setting('app.tenant_id'), current_setting('app.customer_ids')";
    assert_eq!(fixture.login.rows(settings).await, [[above.as_str(), "all"]]);
    fixture.login.run("rollback").await;
    fixture.finish().await;
}

#[tokio::test]
async fn events_go_into_ones_own_chain_alone() {
    let fixture = Fixture::new().await;
    let (own, other) = fixture.tenants().await;
    let append = |tenant: &str| {
        format!(
            "select app.append_events('{tenant}', array[gen_random_uuid()], now(), '{{x}}', 'x', 'x', '{{x}}', array[null]::uuid[],
                                      array['{{}}']::jsonb[], null, null)"
        )
    };
    assert_eq!(fixture.attempt(&own, "all", &append(&own)).await, Ok(1));
    assert_eq!(code(&fixture.attempt(&own, "all", &append(&other)).await), "42501");
    let check = format!("select app.first_broken_event('{other}')");
    assert_eq!(code(&fixture.attempt(&own, "all", &check).await), "42501");
    // What follows in the transaction sees no more than before.
    fixture.login.run(&begin(&own, "{}")).await;
    fixture.login.run(&append(&own)).await;
    let settings = "select current_setting('app.tenant_id'), current_setting('app.customer_ids')";
    assert_eq!(fixture.login.rows(settings).await, [[own.as_str(), "{}"]]);
    fixture.login.run("rollback").await;
    fixture.finish().await;
}

#[tokio::test]
async fn through_the_store_it_is_the_same() {
    let fixture = Fixture::new().await;
    let world = &fixture.world;
    let (store, northwind, harbor) = (world.store(), &world.northwind, &world.harbor);
    let page = PageRequest::first(100);
    for (who, seen) in [
        ("northwind_admin", vec![northwind.a, northwind.b]),
        ("northwind_operator", vec![northwind.a]),
        ("northwind_a_viewer", vec![northwind.a]),
        ("northwind_b_owner", vec![northwind.b]),
        ("harbor_admin", vec![harbor.a, harbor.b]),
    ] {
        let scope = world.scope(who).await;
        store
            .read(&scope, async |tx| {
                let (found, _) = customers::list(tx, &CustomerFilter::default(), &page).await?;
                let ids: Vec<_> = found.items.iter().map(|customer| customer.id).collect();
                assert_eq!(ids, seen, "{who}");
                for customer in [northwind.a, northwind.b, harbor.a, harbor.b] {
                    let got = customers::get(tx, customer).await;
                    if seen.contains(&customer) {
                        assert_eq!(got?.id, customer, "{who}");
                    } else {
                        assert!(matches!(got, Err(StoreError::NotFound)), "{who} {got:?}");
                    }
                }
                let filter = EventFilter { customer: Some(harbor.b), ..EventFilter::default() };
                let about = events::list(tx, &filter, &page).await?.items.len();
                assert_eq!(about > 0, seen.contains(&harbor.b), "{who}");
                let invited = invitations::list_open(tx, None, &page).await?;
                assert!(
                    invited.items.iter().all(|open| open.customer.is_none_or(|id| seen.contains(&id))),
                    "{who}"
                );
                let people = memberships::list(tx, Of::Customer(harbor.a), &page).await?;
                assert_eq!(!people.items.is_empty(), seen.contains(&harbor.a), "{who}");
                assert_eq!(
                    brands::get(tx).await?.display_name.starts_with("Northwind"),
                    who.starts_with('n')
                );
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }
    let scope = world.scope("northwind_admin").await;
    let by_code = CustomerRef::Code("HARBOR-A".to_owned());
    let found = store.read(&scope, async |tx| customers::find(tx, &by_code).await).await;
    assert!(matches!(found, Err(StoreError::NotFound)));
    let member = world.person("harbor_admin").membership;
    let removed = store.write(&scope, async |tx| memberships::remove(tx, member).await).await;
    assert!(matches!(removed, Err(StoreError::NotFound)));
    fixture.finish().await;
}
