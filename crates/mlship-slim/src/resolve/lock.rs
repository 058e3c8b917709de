//! A lock: one version of each package, with the hashes of its files.

use serde::Serialize;

use super::accelerator::Accelerated;
use super::place::normal;

/// One version of each package. Its text is what `uv` and `pip` read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Lock {
    #[serde(skip)]
    text: String,
    /// The packages, by name.
    pub packages: Vec<Locked>,
    /// Those of them that are for graphics cards.
    #[serde(skip)]
    pub accelerated: Vec<Accelerated>,
}

/// A package of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of each file that it may be, in hex.
    pub sha256: Vec<String>,
}

impl Lock {
    /// Reads a lock: lines `name==version`, each with its `--hash=sha256:…`.
    pub fn parse(text: &str) -> Self {
        let mut packages: Vec<Locked> = Vec::new();
        for line in text.lines() {
            let line = line.trim().trim_end_matches('\\').trim();
            if let Some((name, rest)) = line.split_once("==")
                && !name.contains([' ', '#'])
            {
                let version = rest.split([' ', ';']).next().unwrap_or_default();
                packages.push(Locked {
                    name: name.split('[').next().unwrap_or(name).to_owned(),
                    version: version.to_owned(),
                    sha256: Vec::new(),
                });
            }
            for word in line.split_whitespace() {
                let hash = word.strip_prefix("--hash=sha256:");
                if let (Some(hash), Some(last)) = (hash, packages.last_mut()) {
                    last.sha256.push(hash.to_owned());
                }
            }
        }
        Self { text: text.to_owned(), packages, accelerated: Vec::new() }
    }

    /// The lock as a requirements file with hashes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A package, by its name in any writing; `None` when it is not in the lock.
    pub fn package(&self, name: &str) -> Option<&Locked> {
        let name = normal(name);
        self.packages.iter().find(|locked| normal(&locked.name) == name)
    }

    /// The version of a package; `None` when it is not in the lock.
    pub fn version(&self, package: &str) -> Option<&str> {
        self.package(package).map(|locked| locked.version.as_str())
    }
}

/// A package that is not the one the model was trained with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Its name.
    pub name: String,
    /// The version of the training.
    pub trained: String,
    /// The version of the lock; `None` when the lock lacks the package.
    pub locked: Option<String>,
}

/// What differs between the versions that a model was trained with and those that it would run
/// with. A model that was pickled is only right with the versions that it was made with.
pub fn drift(trained: &[(String, String)], lock: &Lock) -> Vec<Drift> {
    let other = trained.iter().filter(|(name, version)| lock.version(name) != Some(version));
    other
        .map(|(name, version)| Drift {
            name: name.clone(),
            trained: version.clone(),
            locked: lock.version(name).map(str::to_owned),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "numpy==2.4.6 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n# via x\n\
                        Scikit_Learn[x]==1.9.1 ; python_version > '3' \\\n    --hash=sha256:cc\n";

    #[test]
    fn a_lock_is_read_with_its_hashes() {
        let lock = Lock::parse(TEXT);
        assert_eq!(lock.packages.len(), 2);
        assert_eq!(lock.packages[0].sha256, ["aa", "bb"]);
        assert_eq!(lock.version("scikit-learn"), Some("1.9.1"));
        assert_eq!(lock.text(), TEXT);
        let on_one_line = Lock::parse("numpy==2.4.6 --hash=sha256:aa --hash=sha256:bb\n");
        assert_eq!(on_one_line.packages, lock.packages[..1]);
    }

    #[test]
    fn other_versions_and_missing_packages_are_drift() {
        let trained = [("numpy", "2.4.6"), ("scikit-learn", "1.8.0"), ("scipy", "1.17.1")]
            .map(|(name, version)| (name.to_owned(), version.to_owned()));
        let found = drift(&trained, &Lock::parse(TEXT));
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].name.as_str(), found[0].locked.as_deref()),
            ("scikit-learn", Some("1.9.1"))
        );
        assert_eq!((found[1].name.as_str(), found[1].locked.as_deref()), ("scipy", None));
    }
}
