//! What a handler needs installed, as a requirements file. Pure text.

use mlship_inspect::PickleFacts;

/// Packages that are called otherwise where they are installed from than where they are imported.
const NAMES: [(&str, &str); 6] = [
    ("PIL", "pillow"),
    ("cv2", "opencv-python-headless"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("xgboost", "xgboost-cpu"),
    ("yaml", "PyYAML"),
];

/// `needs` and what the model names, of the versions that are written in the model; options first.
pub(super) fn requirements(
    needs: Vec<String>,
    facts: Option<&PickleFacts>,
    is_beside: impl Fn(&str) -> bool,
) -> String {
    let (options, mut names): (Vec<String>, Vec<String>) =
        needs.into_iter().partition(|need| need.starts_with('-'));
    let packages = facts.map(|facts| facts.packages.as_slice()).unwrap_or_default();
    for package in packages.iter().filter(|package| !is_beside(package)) {
        let known = NAMES.iter().find(|(imported, _)| imported == package);
        let name = known.map_or(package.as_str(), |(_, name)| *name);
        let version = facts.and_then(|facts| facts.versions.get(name));
        names.push(match version {
            Some(version) => format!("{name}=={version}"),
            None => name.to_owned(),
        });
    }
    // Of two lines about one package the one with a version is kept.
    names.sort_by(|one, other| (bare(one), other).cmp(&(bare(other), one)));
    names.dedup_by(|one, other| bare(one) == bare(other));
    options.iter().chain(&names).map(|line| format!("{line}\n")).collect()
}

/// The name without a version.
fn bare(requirement: &str) -> &str {
    requirement.split(['=', '<', '>']).next().unwrap_or(requirement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_needs_what_its_model_was_made_of() {
        let mut facts = PickleFacts {
            protocol: 5,
            compression: None,
            class: None,
            objects: Vec::new(),
            globals: Vec::new(),
            packages: ["sklearn", "numpy", "features", "joblib"].map(str::to_owned).into(),
            versions: Default::default(),
            suspicious: Vec::new(),
            is_followed: true,
        };
        facts.versions.insert("scikit-learn".into(), "1.5.2".into());
        let needs = ["joblib", "pandas", "numpy>=2"].map(str::to_owned).to_vec();
        let written = requirements(needs, Some(&facts), |module| module == "features");
        assert_eq!(written, "joblib\nnumpy>=2\npandas\nscikit-learn==1.5.2\n");
        let torch = ["torch", "--extra-index-url https://here"].map(str::to_owned).to_vec();
        assert_eq!(requirements(torch, None, |_| false), "--extra-index-url https://here\ntorch\n");
    }
}
