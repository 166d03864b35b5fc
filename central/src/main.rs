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
    /// Residents: import, keys 人口数据
    Residents {
        #[command(subcommand)]
        command: ResidentsCommand,
    },
    /// Reminders: rules, scan, why 到龄提醒
    Reminders {
        #[command(subcommand)]
        command: RemindersCommand,
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
enum ResidentsCommand {
    /// Import a table, CSV (UTF-8 or GB18030) or XLSX 导入
    Import {
        #[command(flatten)]
        file: ConfigFile,
        /// The table
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// What a heading means, e.g. 证件号=id_number; may be given again
        #[arg(long, value_name = "HEADING=NAME")]
        column: Vec<String>,
        /// Only say what would happen, and every bad row by its line
        #[arg(long)]
        dry_run: bool,
        /// The table lists everybody who lives in this region: others are entered as having left
        #[arg(long, value_name = "CODE")]
        complete: Option<String>,
        /// More than one of ten may have left
        #[arg(long, requires = "complete")]
        many_departures: bool,
    },
    /// Make an account of this half, or give one another password; prints a random one unless one is given 账号
    Account {
        #[command(flatten)]
        file: ConfigFile,
        /// Name by which the person logs in
        #[arg(long)]
        name: String,
        /// worker, clerk, supervisor, auditor or admin: the account is new; left out, it is there already
        #[arg(long)]
        role: Option<String>,
        /// Code of the region that it is for; without it everywhere
        #[arg(long, requires = "role")]
        region: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Write a table of residents whom nobody is, to try things with 合成数据
    Synthetic {
        /// How many
        #[arg(long, default_value_t = 1000)]
        people: u64,
        /// Code of a grid that they live in; may be given again
        #[arg(long, value_name = "CODE", required = true)]
        grid: Vec<String>,
        /// The table
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Name regions by a table with the columns code and name 辖区名称
    Regions {
        #[command(flatten)]
        file: ConfigFile,
        /// The table
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Back up the residents' database into a file, while the centre runs; keys are not in it 备份人口数据
    Backup {
        #[command(flatten)]
        file: ConfigFile,
        /// The file, e.g. residents-20261128.jsonl.gz
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Restore the residents' database from a file, where there is none; its keys have to be there 恢复人口数据
    Restore {
        #[command(flatten)]
        file: ConfigFile,
        /// The file
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Check that nobody has changed the log of who did what with whose data 校验审计日志
    Verify(ConfigFile),
    /// Seal all numbers with a new key 更换密钥
    RotateKey(ConfigFile),
}

#[derive(Subcommand)]
enum RemindersCommand {
    /// Check files of rules 检查规则
    Check {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the rules that come along, or write them into a folder 自带规则
    Shipped {
        /// The folder; prints the names of the files
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Say whom the rules of a file would remind, and change nothing 试算
    DryRun {
        #[command(flatten)]
        file: ConfigFile,
        /// The rules
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// As if it were this day
        #[arg(long)]
        day: Option<jiff::civil::Date>,
    },
    /// Add the rules of a file as new versions 添加规则
    Add {
        #[command(flatten)]
        file: ConfigFile,
        /// The rules
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Put them to use, in place of earlier versions
        #[arg(long = "use")]
        to_use: bool,
    },
    /// Scan now, as every night does 立即扫描
    Scan(ConfigFile),
    /// Why somebody was reminded on a day, or was not; the identity number stands on standard input 说明原因
    Explain {
        #[command(flatten)]
        file: ConfigFile,
        /// The day; without it today
        #[arg(long)]
        day: Option<jiff::civil::Date>,
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
        Command::Residents { command } => residents(command).await,
        Command::Reminders { command } => reminders(command).await,
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

async fn residents(command: ResidentsCommand) -> anyhow::Result<()> {
    match command {
        ResidentsCommand::Import { file, from, column, dry_run, complete, many_departures } => {
            let import =
                cli::residents::Import { file: &from, columns: &column, dry_run, complete, many_departures };
            cli::residents::import(&file.config, import).await
        }
        ResidentsCommand::Account { file, name, role, region, password_stdin } => {
            let post = role.as_deref().map(|role| (role, region));
            cli::residents::account(&file.config, &name, post, password_stdin).await
        }
        ResidentsCommand::Synthetic { people, grid, to } => cli::residents::synthetic(people, &grid, &to),
        ResidentsCommand::Regions { file, from } => cli::residents::regions(&file.config, &from).await,
        ResidentsCommand::Backup { file, to } => cli::residents::backup(&file.config, &to).await,
        ResidentsCommand::Restore { file, from } => cli::residents::restore(&file.config, &from).await,
        ResidentsCommand::Verify(file) => cli::residents::verify(&file.config).await,
        ResidentsCommand::RotateKey(file) => cli::residents::rotate(&file.config).await,
    }
}

async fn reminders(command: RemindersCommand) -> anyhow::Result<()> {
    match command {
        RemindersCommand::Check { files } => cli::reminders::check(&files),
        RemindersCommand::Shipped { to } => cli::reminders::shipped_rules(to.as_deref()),
        RemindersCommand::DryRun { file, from, day } => {
            cli::reminders::dry_run(&file.config, &from, day).await
        }
        RemindersCommand::Add { file, from, to_use } => {
            cli::reminders::add(&file.config, &from, to_use).await
        }
        RemindersCommand::Scan(file) => cli::reminders::scan(&file.config).await,
        RemindersCommand::Explain { file, day } => cli::reminders::explain(&file.config, day).await,
    }
}
