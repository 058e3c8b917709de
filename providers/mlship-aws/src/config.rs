//! The `targets.aws` table of a manifest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use mlship_core::finding::{Finding, Report};
use mlship_core::node::{Node, Value};
use mlship_core::reader::{Located, Reader};

use crate::find::concurrency::{PROVISIONED, RESERVED};

/// What the `targets.aws` table asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The region; that of the environment or profile when absent.
    pub region: Option<String>,
    /// What the function is made of.
    pub kind: Kind,
    /// The processor to run on.
    pub architecture: Architecture,
    /// Who may call the function's address.
    pub auth: Auth,
    /// ARN of an existing role to run as; mlship makes one when absent.
    pub role: Option<String>,
    /// An existing bucket for zips above 50 MB; mlship makes one when absent.
    pub bucket: Option<String>,
    /// The repository for images; `mlship/` and the service's name when absent.
    pub repository: Option<String>,
    /// The profile of the shared configuration files to sign in with.
    pub profile: Option<String>,
    /// Tags of the user's own.
    pub tags: BTreeMap<String, String>,
    /// So many instances are set aside for the function, which are the most that run at once.
    pub reserved_concurrency: Option<i32>,
    /// So many instances are kept ready behind the address.
    pub provisioned_concurrency: Option<i32>,
}

/// What the function is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// A zip archive.
    #[default]
    LambdaZip,
    /// A container image.
    LambdaImage,
}

impl Kind {
    /// The manifest's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LambdaZip => "lambda-zip",
            Self::LambdaImage => "lambda-image",
        }
    }
}

/// The processor to run on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Architecture {
    /// Intel and AMD.
    #[default]
    X86_64,
    /// Graviton.
    Arm64,
}

impl Architecture {
    /// AWS's word for it, which is the manifest's too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Who may call the function's address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Auth {
    /// Those whom IAM allows to.
    #[default]
    Iam,
    /// Anyone.
    None,
}

impl Config {
    /// Reads the table under `targets.aws`; what is wrong with it goes to `findings`.
    /// Without a table everything is at its default.
    pub fn read(node: Option<&Node>, findings: &RefCell<Report>) -> Self {
        let Some(node) = node else { return Self::default() };
        let Some(mut table) = Reader::new("targets.aws", node, findings) else {
            return Self::default();
        };
        let config = Self {
            kind: match table.one_of("kind", &["lambda-zip", "lambda-image"]) {
                Some(Located { value: "lambda-image", .. }) => Kind::LambdaImage,
                _ => Kind::LambdaZip,
            },
            region: checked(&mut table, "region", is_region, "eu-central-1"),
            architecture: match table.one_of("architecture", &["x86_64", "arm64"]) {
                Some(Located { value: "arm64", .. }) => Architecture::Arm64,
                _ => Architecture::X86_64,
            },
            auth: read_auth(&mut table),
            role: checked(&mut table, "role", is_role, "arn:aws:iam::123456789012:role/name"),
            bucket: checked(&mut table, "bucket", is_bucket, "my-artifacts"),
            repository: checked(&mut table, "repository", is_repository, "team/heart-disease"),
            profile: table.string("profile").map(|profile| profile.value),
            tags: read_tags(&mut table),
            reserved_concurrency: None,
            provisioned_concurrency: None,
        };
        let config = with_concurrency(config, &mut table);
        table.finish();
        config
    }
}

fn with_concurrency(config: Config, table: &mut Reader<'_>) -> Config {
    let mut instances = |key| {
        let number = table.integer(key, 1..=i64::from(i32::MAX))?;
        i32::try_from(number.value).ok()
    };
    let (reserved, provisioned) = (instances(RESERVED), instances(PROVISIONED));
    if let (Some(most), Some(ready)) = (reserved, provisioned)
        && ready > most
    {
        let message = format!("`{PROVISIONED}` is {ready}, more than `{RESERVED}`, {most}");
        table.report(Finding::error("aws/concurrency", message).at(table.span()));
    }
    Config { reserved_concurrency: reserved, provisioned_concurrency: provisioned, ..config }
}

fn read_auth(table: &mut Reader<'_>) -> Auth {
    let Some(mut url) = table.table("url") else { return Auth::Iam };
    let auth = match url.one_of("auth", &["iam", "none"]) {
        Some(Located { value: "none", .. }) => Auth::None,
        _ => Auth::Iam,
    };
    url.finish();
    auth
}

fn checked(
    table: &mut Reader<'_>,
    key: &'static str,
    valid: fn(&str) -> bool,
    example: &str,
) -> Option<String> {
    let text = table.string(key)?;
    if valid(&text.value) {
        return Some(text.value);
    }
    let message = format!("`{}` cannot be `{}`", table.path_of(key), text.value);
    table.report(
        Finding::error("aws/form", message)
            .at(text.span)
            .label("not of the right form")
            .hint(format!("for example `{example}`")),
    );
    None
}

fn read_tags(table: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    let Some(written) = table.table("tags") else { return tags };
    for (key, node) in written.entries() {
        let problem = match &node.value {
            Value::Str(_) if key.name.starts_with("mlship:") => "tags `mlship:…` are mlship's own",
            Value::Str(_) if key.name.to_lowercase().starts_with("aws:") => {
                "tags `aws:…` are Amazon's own"
            }
            Value::Str(value) if is_tag(&key.name, 128) && is_tag(value, 256) => {
                tags.insert(key.name.clone(), value.clone());
                continue;
            }
            Value::Str(_) => "a tag has letters, digits, spaces and `_.:/=+-@`, up to 128 or 256",
            _ => "the value of a tag must be text",
        };
        let message = format!("tag `{}` cannot be used: {problem}", key.name);
        written.report(Finding::error("aws/tag", message).at(node.span.clone()));
    }
    // A function takes 50 tags; mlship needs a few of them.
    if tags.len() > 40 {
        let message = format!("{} tags are too many; a function takes 40 of yours", tags.len());
        written.report(Finding::error("aws/tag", message).at(written.span()));
    }
    tags
}

fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let enough = text.split('-').count() >= 3;
    let number = parts.next_back().is_some_and(|part| part.parse::<u8>().is_ok());
    enough
        && number
        && parts.all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase()))
}

fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, iam, region, account, path] = parts[..] else { return false };
    let name = path.strip_prefix("role/").unwrap_or_default();
    arn == "arn"
        && partition.starts_with("aws")
        && (iam, region) == ("iam", "")
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c))
}

fn is_bucket(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&text.len())
        && text.starts_with(plain)
        && text.ends_with(plain)
        && text.chars().all(|c| plain(c) || c == '-' || c == '.')
}

/// Words of small letters and digits, joined by one of `.-_`; folders between `/`.
fn is_repository(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        let ends = part.starts_with(plain) && part.ends_with(plain);
        let twice = |pair: &[u8]| pair.iter().all(|byte| b".-_".contains(byte));
        ends && part.chars().all(|c| plain(c) || ".-_".contains(c))
            && !part.as_bytes().windows(2).any(twice)
    };
    (2..=256).contains(&text.len()) && text.split('/').all(part)
}

fn is_tag(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest
        && text.chars().all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
}
