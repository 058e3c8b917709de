//! Who may depend on whom. Looks at the resolved graph alone.

use super::graph::Crate;

/// What core must stay free of, besides every crate of this workspace and every cloud SDK.
const NOT_IN_CORE: &[&str] = &[
    "tokio",
    "async-std",
    "smol",
    "futures",
    "hyper",
    "hyper-util",
    "reqwest",
    "ureq",
    "h2",
    "http",
    "toml",
    "serde-saphyr",
];

/// What nothing may be linked with: the name, and the majors below which it is banned.
const BANNED: &[(&str, u64)] = &[
    ("aws-lc-sys", u64::MAX),
    ("aws-lc-rs", u64::MAX),
    ("openssl-sys", u64::MAX),
    ("native-tls", u64::MAX),
    ("hyper", 1),
];

/// Everything in the graph that breaks a rule.
pub(crate) fn check(crates: &[Crate]) -> Vec<String> {
    let ours = |name: &str| crates.iter().any(|member| member.name == name);
    crates
        .iter()
        .flat_map(|member| {
            let mut broken = banned(member);
            broken.extend(sdk(member));
            broken.extend(provider(member, crates));
            match member.name.as_str() {
                "mlship-core" => broken.extend(core(member, &ours)),
                "mlship-runtime" => broken.extend(runtime(member, &ours)),
                _ => {}
            }
            broken
        })
        .collect()
}

fn is_provider(member: &Crate) -> bool {
    member.folder.starts_with("providers")
}

fn is_sdk(name: &str) -> bool {
    ["aws-", "azure_", "google-cloud-", "gcloud-", "googleapis"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn banned(member: &Crate) -> Vec<String> {
    let is_banned = |(name, major): &&(String, u64)| {
        BANNED.iter().any(|(banned, below)| name == banned && major < below)
    };
    let found = member.tree.iter().filter(is_banned);
    found.map(|(name, major)| format!("{} is linked with {name} {major}", member.name)).collect()
}

fn sdk(member: &Crate) -> Vec<String> {
    if is_provider(member) {
        return Vec::new();
    }
    let named = member.shipped.iter().chain(&member.tested).filter(|name| is_sdk(name));
    named
        .map(|name| format!("{} names the cloud SDK {name}; only providers do", member.name))
        .collect()
}

fn provider(member: &Crate, crates: &[Crate]) -> Vec<String> {
    if !is_provider(member) {
        return Vec::new();
    }
    let forbidden = |name: &String| {
        let other = |other: &Crate| other.name == *name && is_provider(other);
        name == "clap" || name == "mlship-package" || crates.iter().any(other)
    };
    let named = member.shipped.iter().chain(&member.tested).filter(|name| forbidden(name));
    named.map(|name| format!("the provider {} depends on {name}", member.name)).collect()
}

fn core(member: &Crate, ours: &impl Fn(&str) -> bool) -> Vec<String> {
    let forbidden = |name: &str| ours(name) || is_sdk(name) || NOT_IN_CORE.contains(&name);
    let found = member.tree.iter().filter(|(name, _)| forbidden(name));
    found.map(|(name, _)| format!("{} depends on {name}", member.name)).collect()
}

fn runtime(member: &Crate, ours: &impl Fn(&str) -> bool) -> Vec<String> {
    let forbidden = |name: &str| {
        (ours(name) && name != "mlship-bundle") || is_sdk(name) || name.starts_with("clap")
    };
    let found = member.tree.iter().filter(|(name, _)| forbidden(name));
    found.map(|(name, _)| format!("{} depends on {name}", member.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, folder: &str, shipped: &[&str], tree: &[(&str, u64)]) -> Crate {
        Crate {
            name: name.into(),
            folder: format!("{folder}/{name}"),
            shipped: shipped.iter().map(|name| (*name).into()).collect(),
            tested: [].into(),
            tree: tree.iter().map(|(name, major)| ((*name).into(), *major)).collect(),
        }
    }

    fn good() -> Vec<Crate> {
        vec![
            member("mlship-core", "crates", &["serde"], &[("serde", 1)]),
            member("mlship-bundle", "crates", &["serde"], &[("serde", 1)]),
            member("mlship-runtime", "crates", &["mlship-bundle"], &[("mlship-bundle", 0)]),
            member("mlship-package", "crates", &[], &[]),
            member("mlship-aws", "providers", &["aws-config"], &[("aws-config", 1), ("hyper", 1)]),
            member("mlship-local", "providers", &["mlship-core"], &[("mlship-core", 0)]),
        ]
    }

    /// What is found when the crate at `index` is made worse.
    fn with(index: usize, worsen: impl FnOnce(&mut Crate) -> bool) -> Vec<String> {
        let mut crates = good();
        assert!(worsen(&mut crates[index]), "it is worse than before");
        check(&crates)
    }

    #[test]
    fn good_crates_break_nothing() {
        assert_eq!(check(&good()), Vec::<String>::new());
    }

    #[test]
    fn core_takes_no_workspace_crate_runtime_or_sdk() {
        for name in ["mlship-bundle", "tokio", "hyper", "toml", "aws-config"] {
            let broken = with(0, |core| core.tree.insert((name.into(), 1)));
            assert_eq!(broken, [format!("mlship-core depends on {name}")]);
        }
    }

    #[test]
    fn only_providers_name_a_cloud_sdk() {
        for name in ["aws-sdk-s3", "azure_core", "google-cloud-storage"] {
            let broken = with(3, |package| package.shipped.insert(name.into()));
            assert_eq!(broken.len(), 1, "{broken:?}");
            let broken = with(3, |package| package.tested.insert(name.into()));
            assert_eq!(broken.len(), 1, "{broken:?}");
        }
    }

    #[test]
    fn a_provider_names_no_other_and_no_packager_and_no_flags() {
        for name in ["mlship-aws", "mlship-package", "clap"] {
            let broken = with(5, |local| local.shipped.insert(name.into()));
            assert_eq!(broken, [format!("the provider mlship-local depends on {name}")]);
        }
    }

    #[test]
    fn the_runtime_takes_the_bundle_alone() {
        for name in ["mlship-core", "clap_builder", "aws-config"] {
            let broken = with(2, |runtime| runtime.tree.insert((name.into(), 4)));
            assert_eq!(broken, [format!("mlship-runtime depends on {name}")]);
        }
    }

    #[test]
    fn banned_crates_are_found_by_name_and_version() {
        for (name, major) in
            [("aws-lc-sys", 0), ("openssl-sys", 0), ("native-tls", 0), ("hyper", 0)]
        {
            let broken = with(4, |aws| aws.tree.insert((name.into(), major)));
            assert_eq!(broken, [format!("mlship-aws is linked with {name} {major}")]);
        }
    }
}
