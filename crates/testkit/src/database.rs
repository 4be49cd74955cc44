//! A database for one test.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::Arc,
};

use store::DatabaseUrls;

use crate::{Sql, server::Server};

/// The password of both login roles on servers that ask for one; such a server is for tests alone.
const ROLE_PASSWORD: &str = "00c0ffee00c0ffee";

/// Held while the template is made.
const TEMPLATE_LOCK: i64 = 727_274;

/// A freshly migrated database of its own, gone when the value is dropped.
pub struct TestDatabase {
    server: Arc<Server>,
    name: String,
}

impl TestDatabase {
    /// Makes a database as a copy of the migrated template.
    pub async fn create() -> Self {
        let server = Server::get().await;
        let admin = Sql::connect(&server.url("postgres", None)).await;
        let template = template(&server, &admin).await;
        sweep(&admin, "test").await;
        let name = format!("bailiwick_test_{:016x}", RandomState::new().build_hasher().finish());
        for tries in 1.. {
            match admin.attempt(&format!("create database {name} template {template}")).await {
                Ok(_) => break,
                // The connection that has made the template is about to end.
                Err(refused) if refused.code == "55006" && tries < 10 => {}
                Err(refused) => panic!("the database of the test cannot be made: {}", refused.message),
            }
        }
        Self { server, name }
    }

    /// Makes a database with nothing in it.
    pub async fn create_empty() -> Self {
        let server = Server::get().await;
        let name = format!("bailiwick_test_{:016x}", RandomState::new().build_hasher().finish());
        let admin = Sql::connect(&server.url("postgres", None)).await;
        admin.run(&format!("create database {name} template template0")).await;
        Self { server, name }
    }

    /// Where it is, for each role of the product.
    pub fn urls(&self) -> DatabaseUrls {
        DatabaseUrls {
            owner: self.server.url(&self.name, None),
            login: self.url_of("bailiwick_login"),
            system: self.url_of("bailiwick_system"),
        }
    }

    /// Where it is, for any role.
    pub fn url_of(&self, role: &str) -> String {
        self.server.url(&self.name, Some((role, ROLE_PASSWORD)))
    }

    /// Where it is, by way of a relay in this runtime: if that has one thread, no answer is there at once,
    /// and each exchange is a moment at which a transaction can be given up.
    pub async fn relayed_urls(&self) -> DatabaseUrls {
        let url = async |role| self.server.relayed_url(&self.name, (role, ROLE_PASSWORD)).await;
        DatabaseUrls {
            owner: self.urls().owner,
            login: url("bailiwick_login").await,
            system: url("bailiwick_system").await,
        }
    }

    /// A connection as superuser, whom no policy holds.
    pub async fn superuser(&self) -> Sql {
        Sql::connect(&self.server.url(&self.name, None)).await
    }

    /// A connection as another role.
    pub async fn connect_as(&self, role: &str) -> Sql {
        Sql::connect(&self.url_of(role)).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let url = self.server.url("postgres", None);
        let statement = format!("drop database if exists {} with (force)", self.name);
        // A runtime of its own: that of the test may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async { Sql::try_connect(&url).await.ok()?.attempt(&statement).await.ok() })
        });
        if !matches!(dropped.join(), Ok(Some(_))) {
            eprintln!("{} is left behind; the next run removes it", self.name);
        }
    }
}

/// The name of the migrated template, made if need be.
async fn template(server: &Server, admin: &Sql) -> String {
    let name = format!("bailiwick_template_{}", store::schema_fingerprint());
    let known = format!("select 1 from pg_database where datname = '{name}'");
    if !admin.rows(&known).await.is_empty() {
        return name;
    }
    admin.run(&format!("select pg_advisory_lock({TEMPLATE_LOCK})")).await;
    if admin.rows(&known).await.is_empty() {
        sweep(admin, "template").await;
        // Under another name until it is complete.
        let building = format!("{name}_building");
        admin.run(&format!("drop database if exists {building} with (force)")).await;
        admin.run(&format!("create database {building} template template0")).await;
        let url = server.url(&building, None);
        store::migrate(&url).await.expect("the migrations apply to an empty database");
        if server.asks_for_passwords() {
            store::set_role_passwords(&url, ROLE_PASSWORD, ROLE_PASSWORD)
                .await
                .expect("the roles take their passwords");
        }
        rename(admin, &building, &name).await;
    }
    admin.run(&format!("select pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    name
}

async fn rename(admin: &Sql, from: &str, to: &str) {
    for tries in 1.. {
        match admin.attempt(&format!("alter database {from} rename to {to}")).await {
            Ok(_) => return,
            // The migrations' connection is about to end.
            Err(refused) if refused.code == "55006" && tries < 50 => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Err(refused) => panic!("the template cannot be named: {}", refused.message),
        }
    }
}

/// Removes what killed runs and earlier schemas have left behind: whatever is older than an hour.
async fn sweep(admin: &Sql, kind: &str) {
    let stale = admin
        .column(&format!(
            "select datname from pg_database
             where starts_with(datname, 'bailiwick_{kind}_')
               and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification
                   < now() - interval '1 hour'",
        ))
        .await;
    for name in stale {
        // Somebody else may be removing it at the same time.
        let _ = admin.attempt(&format!("drop database if exists {name} with (force)")).await;
    }
}
