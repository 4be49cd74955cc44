# The commands of the repository; all of them are `cargo xtask …`, for those who do not have just.

# List the commands.
default:
    @just --list

# Build everything and run the demo on one port: `just up --port 9000`, `just up --fresh`.
up *arguments:
    cargo xtask up {{ arguments }}

# Run everything that CI runs, or one step: `just test --only clippy`.
test *arguments:
    cargo xtask test {{ arguments }}

# Renew the cache of compile-time checked queries (.sqlx), or compare it: `just sqlx --check`.
sqlx *arguments:
    cargo xtask sqlx {{ arguments }}

# Renew openapi/v1.json, or compare it: `just openapi --check`.
openapi *arguments:
    cargo xtask openapi {{ arguments }}

# Build the browser apps, and the gallery of their parts, into the target directory.
web:
    cargo xtask web

# Run a private database for development until Ctrl-C, and print its URL.
dev-db *arguments:
    cargo xtask dev-db {{ arguments }}
