//! `cargo xtask bench`: how fast it is, each figure beside what PostgreSQL itself does in the same run.
//!
//! Absolute numbers of a shared machine drift; the ratios hold. Everything stays on the loopback
//! interface and is bounded in time.

mod http;
mod report;
mod server;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Result, run, tools, workspace};
use http::Client;
use report::Report;
use server::Server;

/// What the command line may say.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Writes the figures to a file as JSON, too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// A small world and short runs: whether the bench works, not how fast anything is.
    #[arg(long)]
    smoke: bool,
}

/// How large and how long.
#[derive(Debug, Clone, Copy)]
struct Plan {
    customers: usize,
    machines: usize,
    seconds: u64,
    rounds: usize,
    batches: usize,
    scale: u32,
    requests: usize,
}

const FULL: Plan =
    Plan { customers: 1000, machines: 10_000, seconds: 6, rounds: 3, batches: 40, scale: 10, requests: 200 };
const SMOKE: Plan =
    Plan { customers: 20, machines: 400, seconds: 1, rounds: 1, batches: 2, scale: 1, requests: 20 };

/// Connections that ask at the same time.
const CLIENTS: usize = 8;
/// Events of a batch.
const BATCH: usize = 10_000;

/// Measures, prints a table, and writes JSON where asked.
pub fn run(arguments: &Arguments) -> Result {
    let plan = if arguments.smoke { SMOKE } else { FULL };
    let postgres = Tools::find()?;
    println!("Building (release) …");
    run::run(workspace::cargo().args(["build", "--release", "-p", "bailiwick", "-p", "simulators"]))?;
    let directory = workspace::target_dir()?.join("bench");
    let mut report = Report::new(&postgres.version()?, arguments.smoke);

    let idle = directory.join("idle");
    cluster::remove(&idle.join("postgres")).ok();
    std::fs::remove_dir_all(&idle).ok();
    let server = Server::start(&idle, 18_490, false)?;
    std::thread::sleep(Duration::from_secs(3));
    report.memory("memory_idle_mb", "Memory of the server, idle, MB", server.memory_mb()?, "≤ 20");
    server.stop()?;

    let data = directory.join("world");
    cluster::remove(&data.join("postgres")).ok();
    std::fs::remove_dir_all(&data).ok();
    std::fs::create_dir_all(&data)?;
    let begun = Instant::now();
    println!("Loading {} customers with {} machines …", plan.customers, plan.machines);
    server::load_world(&data, plan.customers, plan.machines)?;
    report.info(
        "world_seconds",
        "Loading the world, a year of usage and invoices, s",
        begun.elapsed().as_secs_f64(),
    );

    let server = Server::start(&data, 18_491, true)?;
    settle(&data.join("postgres/run"))?;
    let measured = measure(&server, &data, plan, &postgres, &mut report);
    let memory = server.memory_mb();
    let stopped = server.stop();
    measured?;
    report.memory("memory_loaded_mb", "Memory of the server after all of this, MB", memory?, "");
    stopped?;
    report.print();
    if let Some(path) = &arguments.json {
        std::fs::write(path, report.json()?)?;
        println!("Written to {}.", path.display());
    }
    Ok(())
}

/// What has just been loaded is made known to the planner and written down, as `pgbench -i` does with its own: in a database that has
/// been there for a while, this has been done.
fn settle(socket: &Path) -> Result {
    for statement in ["vacuum analyze", "checkpoint"] {
        cluster::simple_query(socket, "bailiwick", cluster::SUPERUSER, statement)?;
    }
    Ok(())
}

fn measure(server: &Server, data: &Path, plan: Plan, postgres: &Tools, report: &mut Report) -> Result {
    let token = server.sign_in("admin@northwind.example", "bailiwick-demo")?;
    let socket = data.join("postgres/run");
    // A connection that lies idle while something else is measured is closed by the server.
    let client = || Client::connect(server.address(), Some(&token));
    read_ratio(server, &mut client()?, &token, &socket, plan, postgres, report)?;
    portfolio(&mut client()?, plan, report)?;
    preview(&mut client()?, plan, report)?;
    // Before the ingest, whose events are those of a few customers: they would be most of what is rated.
    invoice_run(&mut client()?, &socket, report)?;
    ingest_ratio(server, &token, &socket, plan, postgres, report)
}

/// One authenticated read against `pgbench -S`, in turn.
fn read_ratio(
    server: &Server,
    client: &mut Client,
    token: &str,
    socket: &Path,
    plan: Plan,
    postgres: &Tools,
    report: &mut Report,
) -> Result {
    let first: Value = client.get_json("/api/v1/msp/customers?limit=200")?;
    let ids: Vec<String> = first["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|customer| customer["id"].as_str())
        .map(|id| format!("/api/v1/msp/customers/{id}"))
        .collect();
    cluster::simple_query(socket, "postgres", cluster::SUPERUSER, "create database bench")?;
    postgres.pgbench(socket, &["-i", "-q", "-s", &plan.scale.to_string()])?;
    let (mut reads, mut baselines, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let clients = CLIENTS.to_string();
        let seconds = plan.seconds.to_string();
        let output = postgres.pgbench(socket, &["-S", "-c", &clients, "-j", "2", "-T", &seconds])?;
        let baseline = tps(&output)?;
        let read = http::requests_per_second(server.address(), token, &ids, CLIENTS, plan.seconds)?;
        ratios.push(read / baseline);
        reads.push(read);
        baselines.push(baseline);
    }
    report.info("read_rps", "GET /msp/customers/{id}, requests/s", median(&mut reads));
    report.info("pgbench_tps", "pgbench -S, 8 clients, transactions/s", median(&mut baselines));
    report.at_least("read_ratio", "Authenticated read ÷ pgbench -S", median(&mut ratios), 0.20);
    Ok(())
}

fn tps(output: &str) -> Result<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix("tps = ")).ok_or("pgbench printed no tps")?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Batches of new events against COPY of as many rows into a unique index.
fn ingest_ratio(
    server: &Server,
    token: &str,
    socket: &Path,
    plan: Plan,
    postgres: &Tools,
    report: &mut Report,
) -> Result {
    let copy = copy_rows_per_second(socket, plan, postgres)?;
    let bodies: Vec<String> = (0..plan.batches).map(batch).collect();
    let begun = Instant::now();
    let accepted = http::post_all(server.address(), token, "/api/v1/ingest/events", &bodies, 2)?;
    let rate = per_second(accepted, begun.elapsed());
    report.info("ingest_eps", "Batch ingest over two connections, events/s", rate);
    report.info("copy_rps", "COPY into a unique index, rows/s", copy);
    report.at_least("ingest_ratio", "Batch ingest ÷ COPY into a unique index", rate / copy, 0.25);
    let begun = Instant::now();
    let repeated = http::post_all(server.address(), token, "/api/v1/ingest/events", &bodies[..1], 1)?;
    if repeated != 0 {
        return Err("a repeated batch was counted again".into());
    }
    report.info("replay_eps", "The same again, all duplicates, events/s", per_second(BATCH, begun.elapsed()));
    Ok(())
}

fn per_second(count: usize, elapsed: Duration) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from) / elapsed.as_secs_f64()
}

/// Ten thousand events of the year's last weeks, spread over the named customers.
fn batch(index: usize) -> String {
    let codes = ["ACME", "GLOBEX", "WAYNE", "TECHSTART", "LOCALBANK"];
    let events: Vec<Value> = (0..BATCH)
        .map(|event| {
            json!({
                "specversion": "1.0",
                "id": event_id(index, event),
                "source": "/bench",
                "type": "storage_gb",
                "subject": codes[(index + event) % codes.len()],
                "data": {"quantity": "0.125"},
            })
        })
        .collect();
    Value::Array(events).to_string()
}

fn event_id(batch: usize, event: usize) -> String {
    format!("{batch:05}-{event:05}")
}

/// Into a table like the one that holds the events' keys, in one piece and without row-level security.
fn copy_rows_per_second(socket: &Path, plan: Plan, postgres: &Tools) -> Result<f64> {
    let rows = plan.batches * BATCH;
    let file = std::env::temp_dir().join(format!("bailiwick-copy-{}.tsv", std::process::id()));
    let mut text = String::with_capacity(rows * 90);
    // The very keys that the batches name.
    for (index, event) in (0..plan.batches).flat_map(|index| (0..BATCH).map(move |event| (index, event))) {
        let tenant = "0193a000-0000-7000-8000-000000000000";
        writeln!(text, "{tenant}\t/bench\t{}\t\\\\x{event:064x}", event_id(index, event))?;
    }
    std::fs::write(&file, text)?;
    let table = "create table copied (tenant_id uuid, source text, event_id text, content_hash bytea, \
                 primary key (tenant_id, source, event_id))";
    cluster::simple_query(socket, "bench", cluster::SUPERUSER, table)?;
    let begun = Instant::now();
    postgres.psql(socket, &format!("\\copy copied from '{}'", file.display()))?;
    let rate = per_second(rows, begun.elapsed());
    std::fs::remove_file(&file)?;
    Ok(rate)
}

/// How long a request takes, in milliseconds: the middle one, and the one that 95 of 100 are quicker than.
fn percentiles(requests: usize, mut request: impl FnMut() -> Result) -> Result<(f64, f64)> {
    let mut times = Vec::with_capacity(requests);
    for _ in 0..requests {
        let begun = Instant::now();
        request()?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(f64::NAN);
    Ok((at(50), at(95)))
}

fn portfolio(client: &mut Client, plan: Plan, report: &mut Report) -> Result {
    let ask = || client.get("/api/v1/msp/portfolio").map(|_| ());
    let (p50, p95) = percentiles(plan.requests, ask)?;
    report.info("portfolio_p50_ms", "Portfolio, p50, ms", p50);
    report.limit("portfolio_p95_ms", "Portfolio, p95, ms", p95, 25.0);
    Ok(())
}

/// A plan of three models with tiers, an allowance and a discount, as the plan form asks for it while somebody types.
fn preview(client: &mut Client, plan: Plan, report: &mut Report) -> Result {
    let tiers = json!([
        { "from": "0", "up_to": "10", "unit_price": "12.5" },
        { "from": "10", "up_to": "100", "unit_price": "11" },
        { "from": "100", "unit_price": "9.75", "flat_fee": "25" },
    ]);
    let component =
        |metric: &str, price: Value| json!({ "metric": metric, "name": metric, "unit": "x", "price": price });
    let body = json!({
        "currency": "USD",
        "plan": {
            "name": "Managed",
            "base_fee": "49",
            "components": [
                component("machines", json!({ "model": "graduated", "tiers": tiers })),
                component("seats", json!({ "model": "volume", "tiers": tiers })),
                component("storage", json!({ "model": "unit", "unit_price": "0.0175", "included": "500" })),
            ],
            "discounts": [{ "name": "Partner", "percent": "7.5" }],
        },
        "usage": [
            { "metric": "machines", "quantity": "137" },
            { "metric": "seats", "quantity": "64" },
            { "metric": "storage", "quantity": "8123.75" },
        ],
    })
    .to_string();
    let ask = || client.post("/api/v1/msp/pricing/preview", &body).map(|_| ());
    let (p50, p95) = percentiles(plan.requests, ask)?;
    report.info("preview_p50_ms", "Preview of a plan, p50, ms", p50);
    report.limit("preview_p95_ms", "Preview of a plan, p95, ms", p95, 5.0);
    Ok(())
}

/// Issues the running month's invoices for everybody and watches them come.
fn invoice_run(client: &mut Client, socket: &Path, report: &mut Report) -> Result {
    let portfolio: Value = client.get_json("/api/v1/msp/portfolio")?;
    let period = portfolio["period"].as_str().ok_or("the portfolio names no period")?.to_owned();
    // One connection: each new one is a process more for the database to start, while it is measured.
    let mut session = cluster::Session::connect(socket, "bailiwick", cluster::SUPERUSER, None)?;
    let mut count = |sql: &str| -> Result<usize> {
        let rows = session.query(sql)?;
        let text = rows.first().and_then(|row| row.first()).and_then(Option::as_deref).unwrap_or("0");
        Ok(text.parse()?)
    };
    let issued =
        format!("select count(*) from invoices where period_start = '{period}-01' and status <> 'draft'");
    let begun = Instant::now();
    let answer = client.post("/api/v1/msp/invoice-runs", &json!({ "period": period }).to_string())?;
    let queued: Value = serde_json::from_str(&answer)?;
    let due = usize::try_from(queued["due"].as_u64().unwrap_or(0))?;
    let within = |what: &str| -> Result {
        if begun.elapsed() > Duration::from_mins(5) {
            return Err(format!("{what} did not end within five minutes").into());
        }
        std::thread::sleep(Duration::from_millis(20));
        Ok(())
    };
    while count(&issued)? < due {
        within("the invoice run")?;
    }
    report.at_least(
        "invoices_per_second",
        "Invoices of a run (rated, numbered, booked, mails queued), per second",
        per_second(due, begun.elapsed()),
        2_000.0,
    );
    // What is measured next has the machine to itself again.
    while count("select count(*) from jobs where kind = 'mail.send' and state <> 'dead'")? > 0 {
        within("the mails of the invoice run")?;
    }
    report.info(
        "invoices_sent_per_second",
        "The same with their mails, PDFs and all, sent, per second",
        per_second(due, begun.elapsed()),
    );
    Ok(())
}

/// `pgbench` and `psql`.
struct Tools {
    pgbench: PathBuf,
    psql: PathBuf,
}

impl Tools {
    fn find() -> Result<Self> {
        let find = |name: &str| -> Result<PathBuf> {
            tools::find_postgres_tool(name).ok_or_else(|| {
                format!("`{name}` is needed to compare with; on Debian: apt-get install postgresql postgresql-client").into()
            })
        };
        Ok(Self { pgbench: find("pgbench")?, psql: find("psql")? })
    }

    fn version(&self) -> Result<String> {
        Ok(run::output(Command::new(&self.pgbench).arg("--version"))?.trim().to_owned())
    }

    fn pgbench(&self, socket: &Path, arguments: &[&str]) -> Result<String> {
        run::output(
            Command::new(&self.pgbench)
                .arg("-h")
                .arg(socket)
                .args(["-U", cluster::SUPERUSER])
                .args(arguments)
                .arg("bench"),
        )
    }

    fn psql(&self, socket: &Path, command: &str) -> Result<String> {
        run::output(Command::new(&self.psql).arg("-h").arg(socket).args([
            "-U",
            cluster::SUPERUSER,
            "-q",
            "-c",
            command,
            "bench",
        ]))
    }
}
