//! The crates depend on each other in one direction only, as `docs/ARCHITECTURE.md` has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Which of our crates each of ours may depend on. What is not listed may not be.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("contract", &["domain"]),
    ("store", &["domain"]),
    ("connectors", &["domain"]),
    ("documents", &[]),
    ("images", &[]),
    ("cluster", &[]),
    ("simulators", &[]),
    ("app", &["domain", "store", "connectors", "documents", "images"]),
    // Of the store it uses the types; it has no way to a connection.
    ("api", &["app", "contract", "domain", "images", "store"]),
    (
        "bailiwick",
        &["api", "app", "cluster", "connectors", "contract", "documents", "domain", "images", "store"],
    ),
    ("testkit", &["api", "app", "cluster", "connectors", "domain", "store"]),
    ("xtask", &["cluster"]),
];

/// Crates from outside that only some of ours may use.
const KEPT_TO: &[(&str, &[&str])] = &[
    // SQL is spoken in one place; the test kit makes databases and tampers with them.
    ("sqlx", &["store"]),
    ("tokio-postgres", &["testkit"]),
    // HTTP is spoken at the edges.
    ("actix-web", &["api", "bailiwick", "simulators", "testkit"]),
    ("reqwest", &["bailiwick", "simulators"]),
    ("lettre", &["connectors"]),
];

/// A dependency: who, on whom, and whether for tests alone.
struct Dependency {
    from: String,
    to: String,
    for_tests: bool,
}

fn dependencies() -> Vec<Dependency> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo speaks JSON");
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let from = package["name"].as_str().expect("a name");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            found.push(Dependency {
                from: from.to_owned(),
                to: dependency["name"].as_str().expect("a name").to_owned(),
                for_tests: dependency["kind"] == "dev",
            });
        }
    }
    assert!(found.len() > 50, "cargo's answer was read");
    found
}

#[test]
fn our_crates_depend_in_one_direction() {
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let dependencies = dependencies();
    let ours: BTreeSet<&str> = dependencies.iter().map(|found| found.from.as_str()).collect();
    let listed: BTreeSet<&str> = allowed.keys().copied().collect();
    assert_eq!(ours, listed, "crates of the workspace, and those that ARROWS speaks of");
    let inner = dependencies.iter().filter(|found| ours.contains(found.to.as_str()) && !found.for_tests);
    let wrong: Vec<_> = inner
        .filter(|found| !allowed[found.from.as_str()].contains(&found.to.as_str()))
        .map(|found| format!("{} → {}", found.from, found.to))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_helps_tests_stays_with_tests() {
    let wrong: Vec<_> = dependencies()
        .into_iter()
        .filter(|found| found.to == "testkit" && !found.for_tests)
        .map(|found| found.from)
        .collect();
    assert!(wrong.is_empty(), "the product depends on the test kit: {wrong:?}");
}

#[test]
fn some_crates_from_outside_are_used_in_one_place() {
    for (name, users) in KEPT_TO {
        let found: BTreeSet<_> = dependencies()
            .into_iter()
            .filter(|found| found.to == *name && !found.for_tests)
            .map(|found| found.from)
            .collect();
        let wrong: Vec<_> = found.iter().filter(|user| !users.contains(&user.as_str())).collect();
        assert!(wrong.is_empty(), "{name} is used by {wrong:?}");
        let stale: Vec<_> = users.iter().filter(|user| !found.contains(**user)).collect();
        assert!(stale.is_empty(), "{name} is no longer used by {stale:?}");
    }
}
