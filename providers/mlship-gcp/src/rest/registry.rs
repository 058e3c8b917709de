//! Cloud Storage: buckets, their objects, and who may read them.
