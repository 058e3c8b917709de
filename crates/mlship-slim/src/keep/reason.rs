//! Why a file is kept, and why another is not.

use std::fmt;

use serde::Serialize;

/// Why a file is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A module that was imported.
    Imported,
    /// A file that was opened.
    Opened,
    /// A file that was mapped into memory.
    Mapped,
    /// A source that was read, besides its bytecode.
    SourceRead,
    /// A small file whose being there was asked.
    Checked,
    /// Its folder was listed.
    Listed,
    /// A library that a kept library needs.
    NeededBy(String),
    /// The package that a kept file is in.
    Parent,
    /// A module beside a kept one.
    Sibling,
    /// An extension module that a kept source imports in places that no sample reached.
    NamedBySibling,
    /// No test, document or header: at the level `safe` all of it is kept.
    Program,
    /// Listed in `keep`.
    Asked,
    /// A proof failed without it.
    PutBack,
    /// A stub stands in for it: others need it, and nobody calls it.
    Stub,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeededBy(library) => write!(formatter, "needed by {library}"),
            plain => formatter.write_str(match plain {
                Self::Imported => "imported",
                Self::Opened => "opened",
                Self::Mapped => "mapped",
                Self::SourceRead => "source read",
                Self::Checked => "looked at",
                Self::Listed => "its folder was listed",
                Self::Parent => "package of a kept file",
                Self::Sibling => "beside a kept module",
                Self::NamedBySibling => "named by a kept source",
                Self::Asked => "asked for",
                Self::PutBack => "put back by the proof",
                Self::Stub => "a stub, because nobody calls it",
                Self::Program | Self::NeededBy(_) => "no test, document or header",
            }),
        }
    }
}

/// Why a file is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dropped {
    /// A test, or what tests use.
    Test,
    /// A document.
    Document,
    /// A header or a source of native code, or a library to link with.
    Header,
    /// Types for editors.
    Types,
    /// A command.
    Command,
    /// What installers keep; metadata is shipped in short.
    Installers,
    /// No sample used it.
    Unused,
    /// Only a library needs it that a stub stands in for.
    BehindStub,
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Test => "tests",
            Self::Document => "documents",
            Self::Header => "headers and native sources",
            Self::Types => "types for editors",
            Self::Command => "commands",
            Self::Installers => "what installers keep",
            Self::Unused => "used by no sample",
            Self::BehindStub => "needed by libraries that are stubs",
        })
    }
}
