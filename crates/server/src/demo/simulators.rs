//! The simulators, as a program of their own beside this one.

use std::process::Stdio;

use app::WebhookSecrets;
use secrecy::{ExposeSecret as _, SecretString};
use store::MasterKey;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    config::{Config, StripeConfig},
    failure::{Failure, Result},
};

/// The running simulators. They end with this value: their standard input closes.
pub struct Simulators {
    child: Child,
    /// Where they listen: `127.0.0.1:12111`.
    pub address: String,
    /// What payments have to be set up with.
    pub stripe: StripeConfig,
}

impl Simulators {
    /// Starts them. What they know is kept in the data directory, like everything else.
    pub async fn start(config: &Config, key: &MasterKey) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("bailiwick-simulators");
        if !program.exists() {
            return Err(Failure::new(format!(
                "{} is missing; build it with `cargo build -p simulators`, or start with `cargo xtask up`",
                program.display()
            )));
        }
        let secret = |purpose: &str| -> Result<SecretString> {
            Ok(SecretString::from(format!("whsec_{}", key.derive(purpose)?.as_str())))
        };
        let secrets = WebhookSecrets {
            platform: secret("demo platform webhooks")?,
            connect: secret("demo connect webhooks")?,
        };
        let api = format!("http://{}/api/v1/webhooks/stripe", config.listen);
        // Who plays Stripe's part as well, as a test does, says where to find it.
        let listen = std::env::var("BAILIWICK_SIMULATOR_LISTEN");
        let mut child = Command::new(&program)
            .args(["--listen", listen.as_deref().unwrap_or("127.0.0.1:0"), "--exit-with-stdin"])
            .arg("--public-url")
            .arg(format!("{}/demo/stripe", config.public_url))
            .arg("--data")
            .arg(config.data_dir.join("simulators.json"))
            .env("BAILIWICK_SIMULATOR_WEBHOOK_URL", &api)
            .env("BAILIWICK_SIMULATOR_WEBHOOK_SECRET", secrets.platform.expose_secret())
            .env("BAILIWICK_SIMULATOR_CONNECT_WEBHOOK_URL", format!("{api}/connect"))
            .env("BAILIWICK_SIMULATOR_CONNECT_WEBHOOK_SECRET", secrets.connect.expose_secret())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .process_group(0)
            .spawn()
            .map_err(|error| Failure::during("the simulators cannot be started", error))?;
        let stdout = child.stdout.take().ok_or_else(|| Failure::new("the simulators have no output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let address = loop {
            let line =
                lines.next_line().await?.ok_or_else(|| Failure::new("the simulators ended at once"))?;
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.trim().to_owned();
            }
        };
        actix_web::rt::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let stripe = StripeConfig {
            secret_key: Some(SecretString::from("sk_test_demo")),
            platform_webhook_secret: Some(secrets.platform),
            connect_webhook_secret: Some(secrets.connect),
            api_base: Some(format!("http://{address}/")),
            application_fee_basis_points: 100,
        };
        Ok(Self { child, address, stripe })
    }

    /// Ends them and waits until what they know is on disk.
    pub async fn stop(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let ended = tokio::time::timeout(std::time::Duration::from_secs(5), self.child.wait()).await;
        if ended.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }

    /// Fills in the forms of a connected account, as its owner would.
    pub async fn onboard(&self, http: &reqwest::Client, account: &str) -> Result<()> {
        let url = format!("http://{}/_simulator/accounts/{account}/onboard", self.address);
        let answer = http
            .post(url)
            .send()
            .await
            .map_err(|error| Failure::during("the simulated account cannot be set up", error))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(Failure::new(format!("the simulated account cannot be set up: {}", answer.status())))
        }
    }
}
