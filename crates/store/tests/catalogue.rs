//! Reads PostgreSQL's own catalogue: what the schema promises holds for every table, today's and tomorrow's.
//!
//! The lists of exceptions only shrink: an entry that is no longer needed fails, too.

use std::collections::{BTreeMap, BTreeSet};

use testkit::{Sql, TestDatabase};

/// Tables that belong to no tenant. They are the system role's alone, except `tenants`.
const TENANTLESS: &[(&str, &str)] = &[
    ("password_resets", "an account is one over all tenants"),
    ("rate_limits", "counts tries before anybody is known"),
    ("refresh_tokens", "found by their hash before the tenant is known"),
    ("sessions", "found by their id before the tenant is known"),
    ("signing_keys", "the installation's"),
    ("stripe_events", "kept as they come in, before anybody looks whose they are"),
    ("tenants", "the tenants themselves; its policy compares the id"),
    ("users", "an account is one over all tenants"),
];

/// Indexes of tenant tables that do not begin with `tenant_id`.
const UNLED_INDEXES: &[(&str, &str)] = &[
    ("api_keys_hash", "who has the key is not known yet"),
    ("invitations_token", "who has the link is not known yet"),
    ("jobs_due", "one queue for all tenants"),
    ("jobs_leases", "one queue for all tenants"),
    ("memberships_user", "the tenants of an account"),
    ("payment_accounts_account", "whose webhook it is"),
    ("tenant_hosts_host", "whose page it is; host names are public"),
];

/// Foreign keys of tenant tables that do not pair `tenant_id` with `tenant_id`.
const UNLED_FOREIGN_KEYS: &[(&str, &str)] = &[
    ("customers_downstream_tenant_id_fkey", "the tenant that the customer is"),
    ("memberships_user_id_fkey", "an account is one over all tenants"),
];

/// Tables with a `customer_id` whose policy does not look at it.
const WHOLE_TENANT: &[(&str, &str)] = &[];

/// Functions that run with their owner's rights.
const DEFINERS: &[(&str, &str)] = &[
    ("app.append_events", "nobody else may write events"),
    ("app.count_credit_move", "nobody else may change a grant"),
    ("app.customers_below", "how many customers the tenant right below has"),
    ("app.events_below", "whether anything has come in at the tenant right below"),
    ("app.ensure_partitions", "only the owner may make tables"),
    ("app.first_broken_event", "the chain is checked as a whole"),
    ("app.transfer_is_recorded", "money is recorded once, whichever customers somebody sees"),
    ("app.used_below", "the sums of the tenant right below, which are billed"),
];

/// What the roles may do, table by table. `update(columns)` is a right to these columns alone.
const GRANTS: &str = "
    bailiwick_system api_keys: insert select update
    bailiwick_system brand_assets: delete insert select update
    bailiwick_system brands: insert select update
    bailiwick_system charges: select
    bailiwick_system checkouts: select(id,status,tenant_id)
    bailiwick_system credit_grants: select
    bailiwick_system credit_notices: select
    bailiwick_system credit_notes: select
    bailiwick_system customers: insert select update
    bailiwick_system deferrals: select
    bailiwick_system event_chains: select
    bailiwick_system disputes: select
    bailiwick_system dunning_cases: select
    bailiwick_system events: select
    bailiwick_system fee_checks: select
    bailiwick_system idempotency_keys: delete select
    bailiwick_system invitations: insert select update
    bailiwick_system invoice_counters: insert
    bailiwick_system invoices: select
    bailiwick_system jobs: delete insert select update
    bailiwick_system mails: select
    bailiwick_system membership_customers: delete insert select
    bailiwick_system memberships: delete insert select update
    bailiwick_system meters: select
    bailiwick_system metrics: insert select
    bailiwick_system password_resets: delete insert select update
    bailiwick_system payment_accounts: select
    bailiwick_system payments: select
    bailiwick_system refunds: select
    bailiwick_system rate_limits: delete insert select update
    bailiwick_system refresh_tokens: delete insert select update
    bailiwick_system sessions: delete insert select update
    bailiwick_system signing_keys: insert select update
    bailiwick_system stripe_events: insert select update
    bailiwick_system tenant_hosts: delete insert select
    bailiwick_system tenant_keys: insert select
    bailiwick_system tenants: insert select update
    bailiwick_system usage_months: select
    bailiwick_system users: insert select update
    bailiwick_tenant api_keys: insert select update
    bailiwick_tenant brand_assets: delete insert select update
    bailiwick_tenant brands: insert select update
    bailiwick_tenant billed_usage: insert select update
    bailiwick_tenant charges: insert select update
    bailiwick_tenant checkouts: insert select update
    bailiwick_tenant credit_applications: insert select
    bailiwick_tenant credit_grants: insert select
    bailiwick_tenant credit_moves: insert select
    bailiwick_tenant credit_notices: insert select
    bailiwick_tenant credit_note_lines: insert select
    bailiwick_tenant credit_notes: insert select
    bailiwick_tenant customers: insert select update
    bailiwick_tenant deferrals: insert select update(recognized_until)
    bailiwick_tenant disputes: insert select update(amount_minor,closed_at,evidence_due_by,fee_minor,lost_minor,returned_minor,status,taken_minor,uncredited_minor,updated_at)
    bailiwick_tenant dunning_cases: insert select update
    bailiwick_tenant dunning_pauses: insert select
    bailiwick_tenant dunning_schedules: insert select
    bailiwick_tenant dunning_steps: insert select
    bailiwick_tenant event_chains: select(seq,tenant_id)
    bailiwick_tenant events: select
    bailiwick_tenant fee_checks: insert select update(due_on)
    bailiwick_tenant fee_returns: insert select
    bailiwick_tenant idempotency_keys: insert select update
    bailiwick_tenant invitations: insert select update
    bailiwick_tenant invoice_amounts: select
    bailiwick_tenant invoice_counters: insert select update
    bailiwick_tenant invoice_evidence: insert select
    bailiwick_tenant invoice_lines: delete insert select
    bailiwick_tenant invoice_subscriptions: delete insert select update(is_void)
    bailiwick_tenant invoices: delete insert select update
    bailiwick_tenant jobs: insert
    bailiwick_tenant ledger_entries: insert select
    bailiwick_tenant ledger_transactions: insert select
    bailiwick_tenant mails: insert select update(html_body,last_error,sent_at,status,text_body)
    bailiwick_tenant membership_customers: delete insert select
    bailiwick_tenant memberships: delete select update
    bailiwick_tenant method_setups: insert select update
    bailiwick_tenant meter_checks: insert select update(checked_at,ours,theirs)
    bailiwick_tenant meter_days: delete insert select update
    bailiwick_tenant meter_pushes: insert select update(account,asked_at,happened_at,payer,reason,sent_at,status)
    bailiwick_tenant meters: insert select update(account,problem,pushed_at,reconciled_at,reference)
    bailiwick_tenant metrics: insert select update
    bailiwick_tenant one_off_charges: delete insert select update(invoice_id)
    bailiwick_tenant payers: insert select update(payer)
    bailiwick_tenant payment_accounts: insert select update
    bailiwick_tenant payment_methods: insert select update
    bailiwick_tenant payments: insert select
    bailiwick_tenant payouts: insert select update(arrives_on,failure,failure_code,read_at,statement_descriptor,status,updated_at)
    bailiwick_tenant plan_components: delete insert select
    bailiwick_tenant plan_prices: insert select
    bailiwick_tenant plans: insert select update
    bailiwick_tenant recognitions: insert select
    bailiwick_tenant refunds: insert select update(failure,failure_code,reference,status,uncredited_minor,updated_at)
    bailiwick_tenant roll_ups: insert select update
    bailiwick_tenant subscription_changes: delete insert select
    bailiwick_tenant subscriptions: insert select update
    bailiwick_tenant tenant_hosts: delete insert select
    bailiwick_tenant tenant_keys: select
    bailiwick_tenant tenants: select update(auto_finalize,currency,drafted_month,grace_days,invoice_prefix,issue_day,issued_month,name,payment_days,tax,time_zone,updated_at,version)
    bailiwick_tenant usage_events: insert select
    bailiwick_tenant usage_keys: insert select
    bailiwick_tenant usage_months: insert select update
";

/// Tables of the schema, partitions left out: they are reached through their parents alone.
const TABLES: &str = "select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and not c.relispartition and c.relname <> '_sqlx_migrations'";

async fn open() -> (TestDatabase, Sql) {
    let database = TestDatabase::create().await;
    let sql = database.superuser().await;
    (database, sql)
}

/// Compares what was found with a list of exceptions, both ways.
#[track_caller]
fn assert_exceptions(what: &str, found: impl IntoIterator<Item = String>, allowed: &[(&str, &str)]) {
    let found: BTreeSet<_> = found.into_iter().collect();
    let allowed: BTreeSet<_> = allowed.iter().map(|(name, _)| (*name).to_owned()).collect();
    let unexpected: Vec<_> = found.difference(&allowed).collect();
    assert!(unexpected.is_empty(), "{what}: {unexpected:?}");
    let stale: Vec<_> = allowed.difference(&found).collect();
    assert!(stale.is_empty(), "exceptions that are no longer needed ({what}): {stale:?}");
}

#[track_caller]
fn assert_none(what: &str, found: &[Vec<String>]) {
    assert!(found.is_empty(), "{what}: {found:?}");
}

/// The tables that hold tenants' data: all of them but the exceptions.
async fn tenant_tables(sql: &Sql) -> Vec<String> {
    let mut tables = sql.column(&format!("select name from ({TABLES}) t order by name")).await;
    tables.retain(|table| !TENANTLESS.iter().any(|(name, _)| name == table));
    assert!(tables.len() > 20, "the catalogue was read: {tables:?}");
    tables
}

fn list(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    names.into_iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn every_table_belongs_to_tenants_or_is_known_not_to() {
    let (_database, sql) = open().await;
    let without = format!(
        "select name from ({TABLES}) t where not exists (
             select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
             where i.indrelid = t.oid and i.indisprimary and a.attname = 'tenant_id' and a.attnotnull)"
    );
    assert_exceptions(
        "tables whose key does not begin with tenant_id",
        sql.column(&without).await,
        TENANTLESS,
    );
}

#[tokio::test]
async fn every_table_is_under_forced_row_level_security() {
    let (_database, sql) = open().await;
    let loose = sql
        .rows(&format!("select name from ({TABLES}) t where not (relrowsecurity and relforcerowsecurity)"))
        .await;
    assert_none("tables without forced row-level security", &loose);
    let one_sided = "select tablename, policyname from pg_policies
        where schemaname = 'public' and (qual is null or with_check is null or qual <> with_check or cmd <> 'ALL'
                                         or permissive <> 'PERMISSIVE')";
    assert_none("policies without both USING and WITH CHECK", &sql.rows(one_sided).await);
    let open_ended = "select tablename, policyname from pg_policies
        where schemaname = 'public' and qual not like '%app.tenant_id()%' and roles <> '{bailiwick_system}'";
    assert_none("policies that let somebody see every tenant", &sql.rows(open_ended).await);
}

#[tokio::test]
async fn tables_elsewhere_are_the_owners_alone() {
    let (_database, sql) = open().await;
    let elsewhere = "from pg_class c where c.relkind in ('r', 'p') and c.relnamespace not in
        ('public'::regnamespace, 'pg_catalog'::regnamespace, 'information_schema'::regnamespace)";
    assert_eq!(sql.column(&format!("select c.oid::regclass::text {elsewhere}")).await, ["app.installation"]);
    let granted =
        format!("select c.oid::regclass::text, c.relacl::text {elsewhere} and c.relacl is not null");
    assert_none("rights to tables outside of public", &sql.rows(&granted).await);
}

#[tokio::test]
async fn every_tenant_table_has_the_tenants_policy() {
    let (_database, sql) = open().await;
    let mut whole = Vec::new();
    for table in tenant_tables(&sql).await {
        let policies = sql
            .rows(&format!(
                "select qual, exists (select from pg_attribute where attrelid = 'public.{table}'::regclass
                                      and attname = 'customer_id' and not attisdropped)
                 from pg_policies where schemaname = 'public' and tablename = '{table}' and roles = '{{public}}'"
            ))
            .await;
        let [policy] = policies.as_slice() else { panic!("{table} has not one policy: {policies:?}") };
        let (condition, of_customers) = (policy[0].as_str(), policy[1] == "t" || table == "customers");
        assert!(condition.contains("(tenant_id = app.tenant_id())"), "{table}: {condition}");
        if of_customers && !condition.contains("= ANY (app.customer_ids())") {
            whole.push(table.clone());
        }
        let alternatives = condition.matches(" OR ").count();
        assert!(alternatives <= 1, "{table}: more ways in than all customers or these: {condition}");
    }
    assert_exceptions("tables whose policy does not look at the customer", whole, WHOLE_TENANT);
}

#[tokio::test]
async fn tables_without_tenant_are_out_of_tenants_reach() {
    let (_database, sql) = open().await;
    let names = list(TENANTLESS.iter().map(|(name, _)| name).filter(|name| **name != "tenants"));
    let policies = format!(
        "select tablename, policyname, roles from pg_policies
         where tablename in ({names}) and roles <> '{{bailiwick_system}}'"
    );
    assert_none("policies for others than the system", &sql.rows(&policies).await);
    let own = "select qual from pg_policies where tablename = 'tenants' and roles = '{public}'";
    assert_eq!(sql.column(own).await, ["(id = app.tenant_id())"]);
}

#[tokio::test]
async fn indexes_begin_with_the_tenant() {
    let (_database, sql) = open().await;
    let tables = list(tenant_tables(&sql).await);
    let unled = format!(
        "select i.indexrelid::regclass::text from pg_index i
         join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
         left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
         where c.relname in ({tables}) and a.attname is distinct from 'tenant_id'"
    );
    assert_exceptions("indexes that do not begin with tenant_id", sql.column(&unled).await, UNLED_INDEXES);
}

#[tokio::test]
async fn foreign_keys_stay_within_the_tenant() {
    let (_database, sql) = open().await;
    let tables = list(tenant_tables(&sql).await);
    let unled = format!(
        "select k.conname from pg_constraint k
         join pg_class c on c.oid = k.conrelid and c.relnamespace = 'public'::regnamespace
         join pg_attribute own on own.attrelid = k.conrelid and own.attnum = k.conkey[1]
         join pg_attribute other on other.attrelid = k.confrelid and other.attnum = k.confkey[1]
         where k.contype = 'f' and c.relname in ({tables})
           and not (own.attname = 'tenant_id'
                    and (other.attname = 'tenant_id'
                         or k.confrelid = 'tenants'::regclass and cardinality(k.conkey) = 1))"
    );
    assert_exceptions("foreign keys that leave the tenant", sql.column(&unled).await, UNLED_FOREIGN_KEYS);
}

#[tokio::test]
async fn roles_are_as_narrow_as_described() {
    let (_database, sql) = open().await;
    let roles = sql
        .rows(
            "select rolname, rolcanlogin, rolinherit from pg_roles
             where rolname like 'bailiwick\\_%' and not rolsuper and not rolbypassrls and not rolcreaterole
               and not rolcreatedb and not rolreplication
               and rolname in ('bailiwick_login', 'bailiwick_tenant', 'bailiwick_system')
             order by rolname",
        )
        .await;
    let expected =
        [["bailiwick_login", "t", "f"], ["bailiwick_system", "t", "t"], ["bailiwick_tenant", "f", "t"]];
    assert_eq!(roles, expected, "name, may sign in, inherits");
    let members = "select r.rolname, m.rolname from pg_auth_members a
        join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member
        where m.rolname in ('bailiwick_login', 'bailiwick_tenant', 'bailiwick_system')";
    assert_eq!(sql.rows(members).await, [["bailiwick_tenant", "bailiwick_login"]]);
    let owned = "select classid::regclass, objid, refobjid::regrole from pg_shdepend
        where deptype = 'o' and dbid = (select oid from pg_database where datname = current_database())
          and refobjid::regrole::text in ('bailiwick_login', 'bailiwick_tenant', 'bailiwick_system')";
    assert_none("things that a role of the server owns", &sql.rows(owned).await);
    let creators = "select nspname, r from pg_namespace, unnest(array['bailiwick_login', 'bailiwick_tenant',
        'bailiwick_system']) r where nspname in ('public', 'app') and has_schema_privilege(r, oid, 'create')";
    assert_none("roles that may make things", &sql.rows(creators).await);
}

#[tokio::test]
async fn roles_may_do_what_is_listed_and_nothing_else() {
    let (_database, sql) = open().await;
    // Partitions included: a grant on one would go past the policy of its parent.
    let tables = sql
        .rows(
            "select x.grantee::regrole, c.relname, lower(x.privilege_type)
             from pg_class c, aclexplode(c.relacl) x
             where c.relnamespace = 'public'::regnamespace and x.grantee <> c.relowner",
        )
        .await;
    let columns = sql
        .rows(
            "select x.grantee::regrole, c.relname, lower(x.privilege_type) || '(' || string_agg(a.attname, ','
                    order by a.attname) || ')'
             from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) x
             where c.relnamespace = 'public'::regnamespace and x.grantee <> c.relowner
             group by x.grantee, c.relname, x.privilege_type",
        )
        .await;
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in tables.into_iter().chain(columns) {
        found.entry(format!("{} {}", row[0], row[1])).or_default().insert(row[2].clone());
    }
    let found: BTreeSet<String> = found
        .into_iter()
        .map(|(who, rights)| format!("{who}: {}", rights.into_iter().collect::<Vec<_>>().join(" ")))
        .collect();
    let expected: BTreeSet<String> =
        GRANTS.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let (new, gone): (Vec<_>, Vec<_>) =
        (found.difference(&expected).collect(), expected.difference(&found).collect());
    assert!(new.is_empty() && gone.is_empty(), "not listed: {new:#?}\nlisted, but not there: {gone:#?}");
}

#[tokio::test]
async fn views_go_by_the_rights_of_who_asks() {
    let (_database, sql) = open().await;
    let stored = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'm'";
    assert_none("materialised views, which know no policies", &sql.rows(stored).await);
    let views =
        "select relname from pg_class where relnamespace in ('public'::regnamespace, 'app'::regnamespace)
        and relkind = 'v' and not coalesce(reloptions, '{}') @> '{security_invoker=true}'";
    assert_none("views with their owner's rights", &sql.rows(views).await);
    let sequences =
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'";
    assert_none("sequences, which all tenants would share", &sql.rows(sequences).await);
}

#[tokio::test]
async fn functions_are_for_whom_they_are_granted_to() {
    let (_database, sql) = open().await;
    let open_to_all = "select p.oid::regprocedure from pg_proc p
        where p.pronamespace in ('public'::regnamespace, 'app'::regnamespace)
          and (p.proacl is null or exists (select from aclexplode(p.proacl) x where x.grantee = 0))";
    assert_none("functions that anybody may call", &sql.rows(open_to_all).await);
    let definers = "select p.pronamespace::regnamespace || '.' || p.proname from pg_proc p
        where p.prosecdef and p.pronamespace in ('public'::regnamespace, 'app'::regnamespace)";
    assert_exceptions("functions with their owner's rights", sql.column(definers).await, DEFINERS);
    let paths = "select p.oid::regprocedure, p.proconfig from pg_proc p
        where p.prosecdef and p.pronamespace in ('public'::regnamespace, 'app'::regnamespace)
          and not coalesce(p.proconfig, '{}') @> '{\"search_path=pg_catalog, public, pg_temp\"}'";
    assert_none(
        "functions with their owner's rights that find tables by the caller's path",
        &sql.rows(paths).await,
    );
}

#[tokio::test]
async fn functions_of_policies_are_asked_once() {
    let (_database, sql) = open().await;
    let used = "select distinct p.proname, p.provolatile, l.lanname from pg_policy y
        join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = y.oid and d.refclassid = 'pg_proc'::regclass
        join pg_proc p on p.oid = d.refobjid join pg_language l on l.oid = p.prolang order by 1";
    assert_eq!(sql.rows(used).await, [["customer_ids", "s", "sql"], ["tenant_id", "s", "sql"]]);
}

#[tokio::test]
async fn an_owner_without_special_rights_is_enough() {
    // An installation's owner is an ordinary role; the tests' own is a superuser, whom nothing holds.
    let database = TestDatabase::create_empty().await;
    let sql = database.superuser().await;
    let owner = sql.value("select 'bailiwick_test_owner_' || substr(md5(current_database()), 1, 12)").await;
    sql.run(&format!(
        "create role {owner} login createrole password '00c0ffee00c0ffee';
         grant bailiwick_tenant to {owner} with admin option;
         alter schema public owner to {owner};
         grant create on database {} to {owner}",
        sql.value("select current_database()").await
    ))
    .await;
    store::migrate(&database.url_of(&owner)).await.unwrap();
    sql.run(
        "set role bailiwick_system;
         insert into tenants (id, kind, name, slug, time_zone, currency, invoice_prefix, created_at, updated_at)
         values ('00000000-0000-7000-8000-000000000001', 'platform', 'P', 'p', 'UTC', 'USD', 'P', now(), now());
         reset role",
    )
    .await;
    let system = database.connect_as("bailiwick_system").await;
    let append =
        "select app.append_events('00000000-0000-7000-8000-000000000001', array[gen_random_uuid(), gen_random_uuid()], now(),
                                  '{x.made,x.changed}', 'system:test', 'System', '{x:1,x:1}', array[null, null]::uuid[],
                                  array['{}', '{}']::jsonb[], null, null)";
    assert_eq!(system.value(append).await, "2");
    assert_eq!(system.value(append).await, "4");
    assert!(system.number("select app.ensure_partitions('2025-01-01', '2025-03-01')").await >= 6);
    let tenant = database.connect_as("bailiwick_login").await;
    let check = tenant
        .column(
            "begin; set local role bailiwick_tenant;
             set local app.tenant_id = '00000000-0000-7000-8000-000000000001'; set local app.customer_ids = '{}';
             select app.first_broken_event('00000000-0000-7000-8000-000000000001')",
        )
        .await;
    assert_eq!(check, [""], "the chain holds");
    drop((system, tenant));
    sql.run(&format!("reassign owned by {owner} to current_user; drop owned by {owner}; drop role {owner}"))
        .await;
}
