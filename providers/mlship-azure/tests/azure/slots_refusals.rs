//! A deploy that is cut at every call.
