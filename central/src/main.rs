//! `xunge-central`: the centre's command line.

mod cli;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xunge_central::store::ImportKind;

/// Many small pieces for each alert, made and dropped by several threads: with glibc's allocator that was a third of the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Xunge 巡格: the centre. Takes the alerts of all boxes, makes cases of them, and serves the console.
#[derive(Parser)]
#[command(name = "xunge-central", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct ConfigFile {
    /// Configuration file, e.g. central.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Run the centre 运行中心
    Run(ConfigFile),
    /// Enrol a box: writes its certificate and credentials 注册边缘网关
    Enroll {
        #[command(flatten)]
        file: ConfigFile,
        /// Id of the box, e.g. gw-0001
        #[arg(long)]
        edge: String,
        /// 12-digit community code, e.g. 420502001001
        #[arg(long)]
        site: String,
        /// New folder for the files that the box needs
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// How long the certificate is valid
        #[arg(long, default_value_t = 3650)]
        days: u32,
    },
    /// Manage users 管理用户
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manage tokens of machines 管理机器令牌
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Import the organisation from CSV or GeoJSON 导入组织数据
    Import {
        #[command(flatten)]
        file: ConfigFile,
        /// What the file holds: regions (CSV), outlines (GeoJSON), cameras, posts, duties, catalogue, resources (CSV) or plans
        /// (TOML)
        #[arg(long, value_parser = [
            "regions", "outlines", "cameras", "posts", "duties", "catalogue", "resources", "plans",
        ])]
        kind: String,
        /// The file
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Only say what would happen, and every bad row by its line
        #[arg(long)]
        dry_run: bool,
        /// Mark regions as demo data
        #[arg(long)]
        demo: bool,
    },
    /// Back up everything, while the centre runs 备份
    Backup {
        #[command(flatten)]
        file: ConfigFile,
        /// Folder of backups: evidence in it is shared by all of them, so only what is new is copied
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Make none: read the newest backup there, or the one that is named, and compare it with its manifest
        #[arg(long)]
        check: bool,
    },
    /// Restore a backup into an empty data folder and an empty database 恢复
    Restore {
        #[command(flatten)]
        file: ConfigFile,
        /// Folder of backups, of which the newest is taken, or one backup in it
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Evidence files 证据文件
    Evidence {
        #[command(subcommand)]
        command: EvidenceCommand,
    },
    /// Check the configuration 检查配置
    Check(ConfigFile),
    /// Check that nobody has changed the log of the cases 校验案件日志
    Verify(ConfigFile),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add a user; prints a random password unless one is given on standard input
    Add {
        #[command(flatten)]
        file: ConfigFile,
        /// Name
        #[arg(long)]
        name: String,
        /// admin, operator, acceptor, dispatcher, grid_worker, inspector, supervisor, installer or auditor
        #[arg(long, default_value = "operator")]
        role: String,
        /// Code of the region that it is for; without it everywhere
        #[arg(long)]
        region: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give a user a new password and end all sessions
    Passwd {
        #[command(flatten)]
        file: ConfigFile,
        /// Name
        #[arg(long)]
        name: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Subcommand)]
enum EvidenceCommand {
    /// Copy all evidence into the object store of `[evidence.s3]`, or back into the folder, while the centre runs 复制证据
    Copy {
        #[command(flatten)]
        file: ConfigFile,
        /// Where to
        #[arg(long, value_parser = ["s3", "folder"])]
        to: String,
        /// Remove each file where it came from, once it is seen where it is wanted. Only for the folder, and only when no centre works with it any more
        #[arg(long)]
        remove: bool,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token; it is printed once
    Add {
        #[command(flatten)]
        file: ConfigFile,
        /// Name, never given before; the log of the cases says `token:` and this
        #[arg(long)]
        name: String,
        /// Any role but admin: operator, acceptor, dispatcher, grid_worker, inspector, supervisor, installer or auditor
        #[arg(long)]
        role: String,
        /// Code of the region that it is for; without it everywhere
        #[arg(long)]
        region: Option<String>,
        /// Addresses that it may come from, e.g. 10.2.0.0/16; without it any
        #[arg(long)]
        prefix: Option<String>,
        /// Days that it is good for, 1 to 730; usually 365
        #[arg(long)]
        days: Option<u32>,
    },
    /// List all tokens, without their secrets
    List(ConfigFile),
    /// Take a token back, at once and for good
    Revoke {
        #[command(flatten)]
        file: ConfigFile,
        /// Name
        #[arg(long)]
        name: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    cli::log_to_stderr();
    let done = match Cli::parse().command {
        Command::Run(file) => cli::run::run(&file.config).await,
        Command::Enroll { file, edge, site, out, days } => {
            cli::enroll::enroll(&file.config, &edge, &site, &out, days).await
        }
        Command::User { command: UserCommand::Add { file, name, role, region, password_stdin } } => {
            cli::users::add(&file.config, &name, &role, region.as_deref(), password_stdin).await
        }
        Command::User { command: UserCommand::Passwd { file, name, password_stdin } } => {
            cli::users::passwd(&file.config, &name, password_stdin).await
        }
        Command::Token { command: TokenCommand::Add { file, name, role, region, prefix, days } } => {
            let asked = cli::tokens::Asked {
                name: &name,
                role: &role,
                region: region.as_deref(),
                prefix: prefix.as_deref(),
                days,
            };
            cli::tokens::add(&file.config, &asked).await
        }
        Command::Token { command: TokenCommand::List(file) } => cli::tokens::list(&file.config).await,
        Command::Token { command: TokenCommand::Revoke { file, name } } => {
            cli::tokens::revoke(&file.config, &name).await
        }
        Command::Import { file, kind, from, dry_run, demo } => {
            let kind = match kind.as_str() {
                "regions" => ImportKind::Regions,
                "outlines" => ImportKind::Outlines,
                "cameras" => ImportKind::Cameras,
                "duties" => ImportKind::Duties,
                "catalogue" => ImportKind::Catalogue,
                "resources" => ImportKind::Resources,
                "plans" => ImportKind::Plans,
                _ => ImportKind::Posts,
            };
            let import = cli::import::Import { kind, file: &from, dry_run, demo };
            cli::import::import(&file.config, &import).await
        }
        Command::Backup { to, check: true, .. } => cli::backup::check(&to),
        Command::Backup { file, to, check: false } => cli::backup::backup(&file.config, &to).await,
        Command::Restore { file, from } => cli::backup::restore(&file.config, &from).await,
        Command::Evidence { command: EvidenceCommand::Copy { file, to, remove } } => {
            cli::evidence::copy(&file.config, to == "s3", remove).await
        }
        Command::Check(file) => cli::check(&file.config),
        Command::Verify(file) => cli::verify(&file.config).await,
    };
    match done {
        Ok(()) if cli::unsaid() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // our errors carry their cause in their own sentence
            cli::say_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
