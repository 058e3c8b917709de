//! What mlship calls the things it makes on AWS, and the documents it attaches to them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// The alias that gets the traffic.
pub(crate) const LIVE: &str = "live";
/// The tag that says which service a thing belongs to. Nothing without it is ever touched.
pub(crate) const PROJECT: &str = "mlship:project";
/// The tag with the content digest of the artifact that was deployed last.
pub(crate) const CONTENT: &str = "mlship:content-sha256";
/// The tag with the commit that the artifact was made from.
pub(crate) const REVISION: &str = "mlship:git-revision";
/// The runtime that runs a plain Linux program: Amazon Linux 2023, nothing else.
pub(crate) const RUNTIME: &str = "provided.al2023";
/// The program in the zip. The runtime ignores it, but a zip function must name one.
pub(crate) const HANDLER: &str = "bootstrap";
/// The same program by its path in a function.
pub(crate) const PROGRAM: &str = "/var/task/bootstrap";
/// Largest zip that goes into the request itself, in bytes: 50 MB of 1,024 KB.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, 2026-11-20.
pub(crate) const DIRECT_UPLOAD_BYTES: u64 = 50 * 1024 * 1024;

/// What the policies of mlship's own making on a role start with.
pub(crate) const ROLE_POLICIES: &str = "mlship-logs-";

/// The account and region that a connection speaks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub(crate) partition: String,
    /// Twelve digits.
    pub(crate) id: String,
    /// `eu-central-1`, ….
    pub(crate) region: String,
}

impl Account {
    pub(crate) fn role_arn(&self, service: &str) -> String {
        format!("arn:{}:iam::{}:role/{}", self.partition, self.id, role(service))
    }

    pub(crate) fn function_arn(&self, service: &str) -> String {
        let Self { partition, id, region } = self;
        format!("arn:{partition}:lambda:{region}:{id}:function:{service}")
    }

    pub(crate) fn log_group_arn(&self, service: &str) -> String {
        let Self { partition, id, region } = self;
        format!("arn:{partition}:logs:{region}:{id}:log-group:{}", log_group(service))
    }

    /// The host of the account's registry for images.
    pub(crate) fn registry(&self) -> String {
        let Self { partition, id, region } = self;
        // Source: the partitions of botocore's endpoints.json, 2026-11-20.
        let suffix = match partition.as_str() {
            "aws-cn" => "amazonaws.com.cn",
            "aws-eusc" => "amazonaws.eu",
            "aws-iso" => "c2s.ic.gov",
            "aws-iso-b" => "sc2s.sgov.gov",
            "aws-iso-e" => "cloud.adc-e.uk",
            "aws-iso-f" => "csp.hci.ic.gov",
            _ => "amazonaws.com",
        };
        format!("{id}.dkr.ecr.{region}.{suffix}")
    }

    /// The bucket that mlship makes when a zip is too large for the request.
    pub(crate) fn bucket(&self) -> String {
        format!("mlship-{}-{}", self.id, self.region)
    }

    pub(crate) fn object_arn(&self, bucket: &str, key: &str) -> String {
        format!("arn:{}:s3:::{bucket}/{key}", self.partition)
    }

    /// Roles are global, log groups are not: one policy a region on the one role.
    pub(crate) fn role_policy(&self) -> String {
        format!("{ROLE_POLICIES}{}", self.region)
    }

    /// Lets the function write into its own log group and read these objects, nothing else.
    pub(crate) fn policy(&self, service: &str, objects: &BTreeSet<String>) -> Value {
        let mut policy = self.logs_policy(service);
        if let Some(statements) = policy["Statement"].as_array_mut()
            && !objects.is_empty()
        {
            statements.push(json!({
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": objects,
            }));
        }
        policy
    }

    /// Lets the function write into its own log group, and nothing else.
    pub(crate) fn logs_policy(&self, service: &str) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": format!("{}:*", self.log_group_arn(service)),
            }],
        })
    }
}

/// The role that the function runs as.
pub(crate) fn role(service: &str) -> String {
    format!("mlship-{service}")
}

/// Lets Lambda, and nobody else, take on the role.
pub(crate) fn trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }],
    })
}

/// Where Lambda writes what the function prints.
pub(crate) fn log_group(service: &str) -> String {
    format!("/aws/lambda/{service}")
}

/// What the objects of a service start with in a bucket.
pub(crate) fn object_prefix(service: &str) -> String {
    format!("mlship/{service}/")
}

/// What the keys of a service's model files start with; the rest is the file's SHA-256 in hex.
pub(crate) fn models_prefix(service: &str) -> String {
    format!("{}models/", object_prefix(service))
}

/// True for a SHA-256 in hex, as mlship writes it.
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The repository of a service's images, unless the manifest names another.
pub(crate) fn repository(service: &str) -> String {
    format!("mlship/{service}")
}

/// One of the two statements that make a function URL public. Since October 2025 the URL answers
/// 403 unless both are there.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>, 2026-11-20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statement {
    /// Anyone may call the URL.
    CallUrl,
    /// Anyone may run the function, but only through its URL.
    RunThroughUrl,
}

impl Statement {
    /// Both, in the order they are added.
    pub(crate) const ALL: [Self; 2] = [Self::CallUrl, Self::RunThroughUrl];

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::CallUrl => "mlship-public-url",
            Self::RunThroughUrl => "mlship-public-run",
        }
    }
}
