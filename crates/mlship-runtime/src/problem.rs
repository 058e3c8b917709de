//! What is wrong with a request, as RFC 9457 `application/problem+json`. Says nothing of the
//! inside of the process.

use serde::{Serialize, Serializer, ser::SerializeMap};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A request that cannot be answered, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What sort it is.
    pub kind: Kind,
    /// What is wrong with this request.
    pub detail: String,
    /// JSON pointer (RFC 6901) to the part of the request at fault.
    pub field: Option<String>,
}

impl Problem {
    /// A problem with the request as a whole.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), field: None }
    }

    /// A problem with one part of the request.
    pub fn at(kind: Kind, field: String, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), field: Some(field) }
    }

    /// The problem as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        self.to_json_as(self.kind.status())
    }

    /// The same where the host's contract has another status for it.
    pub fn to_json_as(&self, status: u16) -> Vec<u8> {
        // Strings and one number cannot fail to serialize.
        serde_json::to_vec(&Told { problem: self, status }).unwrap_or_default()
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Told { problem: self, status: self.kind.status() }.serialize(serializer)
    }
}

/// A problem under a status.
struct Told<'p> {
    problem: &'p Problem,
    status: u16,
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Problem { kind, detail, field } = self.problem;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &kind.uri())?;
        map.serialize_entry("title", kind.title())?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("detail", detail)?;
        if let Some(field) = field {
            map.serialize_entry("field", field)?;
        }
        map.end()
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:literal $slug:literal $title:literal;)*) => {
        /// The sorts of problem; each has one status, one type URI and one title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Kind] = &[$(Kind::$kind,)*];

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Kind::$kind => $status,)* }
            }

            /// The end of the type URI.
            pub fn slug(self) -> &'static str {
                match self { $(Kind::$kind => $slug,)* }
            }

            /// One phrase for the sort.
            pub fn title(self) -> &'static str {
                match self { $(Kind::$kind => $title,)* }
            }
        }
    };
}

impl Kind {
    /// The type URI.
    pub(crate) fn uri(self) -> String {
        format!("urn:mlship:problem:{}", self.slug())
    }
}

kinds! {
    /// The body cannot be read as JSON.
    NotJson = 400 "not-json" "The body is not JSON";
    /// The body's transfer encoding is broken.
    BrokenBody = 400 "broken-body" "The body cannot be read";
    /// The parts of a form cannot be told apart.
    BrokenForm = 400 "broken-form" "The form cannot be read";
    /// The caller shows no key, or another.
    NoKey = 401 "no-key" "A key is needed";
    /// The body did not arrive in time.
    SlowBody = 408 "slow-body" "The body arrives too slowly";
    /// The body is longer than the bound.
    BodyTooLarge = 413 "body-too-large" "The body is too large";
    /// More rows than the bound.
    TooManyRows = 413 "too-many-rows" "The request has too many rows";
    /// The body is of a media type that is not taken.
    UnsupportedMediaType = 415 "unsupported-media-type" "The body is of a media type that is not taken";
    /// The body is not what its media type says.
    Malformed = 400 "malformed" "The body is not of the form that its media type says";
    /// A picture that cannot be decoded.
    BadImage = 422 "bad-image" "The picture cannot be decoded";
    /// A picture of more pixels than the bound.
    ImageTooLarge = 413 "image-too-large" "The picture is too large";
    /// An address that pictures are not fetched from.
    AddressRefused = 422 "address-refused" "Pictures are not fetched from this address";
    /// A picture that its address did not give.
    NotFetched = 422 "not-fetched" "The picture could not be fetched";
    /// Neither an object nor a list of objects.
    NotAnObject = 422 "not-an-object" "The request is neither an object nor a list of objects";
    /// A list without an element.
    EmptyList = 422 "empty-list" "The list is empty";
    /// A column or input that the model needs is absent.
    Missing = 422 "missing" "A field is missing";
    /// A name that the model does not know.
    Unknown = 422 "unknown" "A field is unknown";
    /// A name given twice.
    Duplicate = 422 "duplicate" "A field is given twice";
    /// A value of another type than the model takes.
    WrongType = 422 "wrong-type" "A value is of the wrong type";
    /// A text that is none of the column's categories.
    UnknownCategory = 422 "unknown-category" "A category is unknown";
    /// Null where a value is required.
    NullValue = 422 "null" "A value is null";
    /// A number that the model's type cannot hold.
    OutOfRange = 422 "out-of-range" "A number is out of range";
    /// A fraction where a whole number is required.
    NotWhole = 422 "not-whole" "A number is not whole";
    /// A tensor of another shape than the model takes.
    WrongShape = 422 "wrong-shape" "A tensor has the wrong shape";
    /// Lists of different lengths where a tensor must be regular.
    Ragged = 422 "ragged" "A list is ragged";
    /// The model cannot work with these values together.
    Unfit = 422 "unfit" "The model cannot take this input";
    /// The answer holds a number that its form lacks.
    NotFinite = 422 "not-finite" "The answer is not finite";
    /// No such path.
    NotFound = 404 "not-found" "Nothing is here";
    /// The path does not take this method.
    MethodNotAllowed = 405 "method-not-allowed" "The method is not allowed here";
    /// The model failed.
    Failed = 500 "failed" "The prediction failed";
    /// The model could not be loaded.
    NotLoaded = 500 "not-loaded" "The model could not be loaded";
    /// The answer is longer than the host carries.
    AnswerTooLarge = 500 "answer-too-large" "The answer is too large";
    /// The answer is of a form that the host does not carry.
    AnswerNotCarried = 500 "answer-not-carried" "The answer cannot be sent back";
    /// The model is still being loaded.
    Loading = 503 "loading" "The model is being loaded";
    /// Too much is under way.
    Busy = 503 "busy" "Too many requests are under way";
    /// The prediction took longer than the bound.
    Overdue = 504 "overdue" "The prediction took too long";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_rfc_9457_with_the_field_named() {
        let problem = Problem::at(Kind::NullValue, "/3/age".into(), "`age` is null");
        assert_eq!(
            String::from_utf8(problem.to_json()).unwrap(),
            r#"{"type":"urn:mlship:problem:null","title":"A value is null","status":422,"detail":"`age` is null","field":"/3/age"}"#
        );
    }
}
