//! The words that the manifest chooses between.

/// How Azure runs the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Azure Functions on the Flex Consumption plan, from a zip.
    #[default]
    FunctionsFlex,
    /// Azure Functions on a Premium plan, from a zip or an image.
    FunctionsPremium,
    /// Azure Functions on an App Service plan, from a zip or an image.
    FunctionsDedicated,
    /// A container app.
    ContainerApps,
    /// A container group.
    ContainerInstances,
    /// A web app for containers.
    WebApp,
}

impl Kind {
    /// Every kind that can be deployed, the default first.
    pub const ALL: [Self; 6] = [
        Self::FunctionsFlex,
        Self::FunctionsPremium,
        Self::FunctionsDedicated,
        Self::ContainerApps,
        Self::ContainerInstances,
        Self::WebApp,
    ];

    /// The manifest's words for [`Self::ALL`].
    pub const WORDS: [&'static str; 6] = [
        Self::FunctionsFlex.as_str(),
        Self::FunctionsPremium.as_str(),
        Self::FunctionsDedicated.as_str(),
        Self::ContainerApps.as_str(),
        Self::ContainerInstances.as_str(),
        Self::WebApp.as_str(),
    ];

    /// The manifest's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FunctionsFlex => "functions-flex",
            Self::FunctionsPremium => "functions-premium",
            Self::FunctionsDedicated => "functions-dedicated",
            Self::ContainerApps => "container-apps",
            Self::ContainerInstances => "container-instances",
            Self::WebApp => "web-app",
        }
    }

    /// Whether the Functions host runs it.
    pub const fn is_functions(self) -> bool {
        matches!(self, Self::FunctionsFlex | Self::FunctionsPremium | Self::FunctionsDedicated)
    }

    /// The kind of this word, the default for any other.
    pub(super) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).unwrap_or_default()
    }
}

/// Who may call the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Those who have its key.
    #[default]
    Key,
    /// Anyone.
    Public,
}

impl Access {
    /// The manifest's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Public => "public",
        }
    }
}

/// What Azure Functions are given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Package {
    /// A zip archive.
    #[default]
    Zip,
    /// A container image.
    Image,
}

impl Package {
    /// The manifest's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Image => "image",
        }
    }
}

/// How many instances there may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Instances {
    /// The fewest, which are always ready; the kind's own when absent.
    pub min: Option<u32>,
    /// The most; the kind's own when absent.
    pub max: Option<u32>,
}

/// The workload profiles of Container Apps with a GPU.
pub const GPU_PROFILES: [&str; 2] = ["Consumption-GPU-NC8as-T4", "Consumption-GPU-NC24-A100"];

/// Every workload profile of Container Apps that the manifest may name, the default first.
pub const PROFILES: [&str; 11] = [
    "Consumption",
    GPU_PROFILES[0],
    GPU_PROFILES[1],
    "D4",
    "D8",
    "D16",
    "D32",
    "E4",
    "E8",
    "E16",
    "E32",
];

/// Both words of [`Access`], for the reader and the schema.
pub(crate) const ACCESS: [&str; 2] = [Access::Key.as_str(), Access::Public.as_str()];

/// Both words of [`Package`].
pub(crate) const PACKAGE: [&str; 2] = [Package::Zip.as_str(), Package::Image.as_str()];
