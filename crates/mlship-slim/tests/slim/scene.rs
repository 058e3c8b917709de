//! Small packages with every habit that slimming must bear, and a handler that uses them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_slim::{
    Architecture, Choice, Glibc, Handler, Level, Platform, Purpose, Python, Request, SlimError,
    Slimmed, Subject, slim, slim_across,
};
use mlship_testkit::tools;
use tempfile::TempDir;

/// Files of the packages, by their paths.
const PACKAGES: &[(&str, &str)] = &[
    ("parrot/__init__.py", "\"\"\"Says things.\"\"\"\nfrom parrot.core import say\n"),
    (
        "parrot/core.py",
        "\"\"\"The words.\"\"\"\nimport os\n\
         WORDS = open(os.path.join(os.path.dirname(__file__), 'words.txt')).read()\n\
         def say(what):\n    \"\"\"Says it.\"\"\"\n    return WORDS.strip() + what\n\
         def loudly(what):\n    from parrot.rare import shout\n    return shout(what)\n\
         def kindly(what):\n    try:\n        from parrot.far.away import kind\n\
         \x20   except ImportError:\n        return 'no ' + what\n    return kind(what)\n",
    ),
    ("parrot/rare.py", "def shout(what):\n    return what.upper()\n"),
    ("parrot/far/__init__.py", "NEAR = False\n"),
    ("parrot/far/away.py", "def kind(what):\n    return 'dear ' + what\n"),
    ("parrot/words.txt", "polly "),
    ("parrot/unread.txt", "never read"),
    ("parrot/tests/__init__.py", ""),
    ("parrot/tests/test_core.py", "assert True\n"),
    ("parrot/core.pyi", "def say(what: str) -> str: ...\n"),
    ("parrot/include/parrot.h", "int say(void);\n"),
    ("parrot-1.2.dist-info/METADATA", "Name: parrot\nVersion: 1.2\nDescription: x\n\nlong text\n"),
    ("parrot-1.2.dist-info/licenses/LICENSE", "Do as you like with the parrot.\n"),
    (
        "parrot-1.2.dist-info/RECORD",
        "parrot/__init__.py,sha256=x,1\nparrot/core.py,,\nparrot/rare.py,,\nparrot/far/away.py,,\n",
    ),
    // It reads its docstrings while it is imported, and fails without.
    ("wordy.py", "def first():\n    \"\"\"one two\"\"\"\nWORD = first.__doc__.split()[0]\n"),
    // It answers otherwise without them, and says nothing.
    (
        "quiet.py",
        "def told():\n    \"\"\"all\"\"\"\ndef heard():\n    return told.__doc__ or 'nothing'\n",
    ),
    ("plain.py", "def one():\n    \"\"\"Gives one.\"\"\"\n    return 1\n"),
];

/// What is asked of the packages.
const HANDLER: &str = "
import importlib
def load():
    global parrot
    import parrot
def predict(request):
    module = importlib.import_module(request.get('of', 'parrot'))
    value = getattr(module, request.get('call', 'say'))
    return value(*request['with']) if callable(value) else value
";

/// The packages, the handler, and room to work.
pub(super) struct Scene {
    pub(super) folder: TempDir,
    pub(super) handler: Handler,
    pub(super) python: Python,
}

/// glibc of any machine that runs these tests, and newer than that of what is tested.
pub(super) const PLATFORM: Platform = Platform {
    architecture: if cfg!(target_arch = "aarch64") {
        Architecture::Aarch64
    } else {
        Architecture::X86_64
    },
    glibc: Glibc { major: 2, minor: 28 },
};

/// A machine that this one is not.
pub(super) const ELSEWHERE: Platform = Platform {
    architecture: match PLATFORM.architecture {
        Architecture::Aarch64 => Architecture::X86_64,
        Architecture::X86_64 => Architecture::Aarch64,
    },
    ..PLATFORM
};

impl Scene {
    pub(super) fn new() -> Self {
        let scene = Self::empty(HANDLER);
        for (path, text) in PACKAGES {
            write(&scene.packages().join(path), text);
        }
        scene
    }

    /// No packages, and a handler of this source.
    pub(super) fn empty(handler: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let place = folder.path().join("handler");
        write(&place.join("app.py"), handler);
        fs::create_dir_all(folder.path().join("installed")).unwrap();
        let handler = Handler::new(place, "app");
        Self { folder, handler, python: Python::at(&tools::python()).unwrap() }
    }

    pub(super) fn packages(&self) -> PathBuf {
        self.folder.path().join("installed")
    }

    pub(super) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub(super) fn slim(&self, choice: &Choice, requests: &[Request]) -> Result<Slimmed, SlimError> {
        self.slim_for(PLATFORM, choice, requests)
    }

    pub(super) fn slim_for(
        &self,
        platform: Platform,
        choice: &Choice,
        requests: &[Request],
    ) -> Result<Slimmed, SlimError> {
        let packages = self.packages();
        let subject = self.subject(&packages, platform, requests);
        slim(&subject, choice, &self.folder.path().join("work"), &self.out())
    }

    /// For [`ELSEWHERE`], from the packages `alike` of this machine.
    pub(super) fn slim_across(
        &self,
        alike: &Path,
        choice: &Choice,
        requests: &[Request],
    ) -> Result<Slimmed, SlimError> {
        let packages = self.packages();
        let subject = self.subject(&packages, ELSEWHERE, requests);
        slim_across(&subject, alike, choice, &self.folder.path().join("work"), &self.out())
    }

    fn subject<'a>(
        &'a self,
        packages: &'a Path,
        platform: Platform,
        requests: &'a [Request],
    ) -> Subject<'a> {
        Subject { packages, python: &self.python, platform, handler: &self.handler, requests }
    }

    /// Runs a script with what is shipped; gives what it prints.
    pub(super) fn run(&self, script: &str) -> String {
        let begin = format!("import sys; sys.path.insert(0, {:?})\n", self.out());
        let mut command = Command::new(self.python.program());
        let out = command.args(["-S", "-B", "-c", &(begin + script)]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }
}

pub(super) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(super) fn request(text: &str, purpose: Purpose) -> Request {
    Request { name: format!("{purpose:?} {text}"), text: text.into(), purpose }
}

pub(super) fn sample(text: &str) -> Request {
    request(text, Purpose::Sample)
}

pub(super) fn level(level: Level) -> Choice {
    Choice { level, ..Choice::default() }
}
