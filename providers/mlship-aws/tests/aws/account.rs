//! What is left in an account, asked of moto itself and not through the provider.

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use serde_json::Value;

use crate::stage::REGION;

/// Clients that go past the proxy.
pub(crate) struct Account {
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) ecr: aws_sdk_ecr::Client,
}

impl Account {
    pub(crate) async fn open(url: String) -> Self {
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(url)
            .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "s", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .load()
            .await;
        let s3 = aws_sdk_s3::config::Builder::from(&shared).force_path_style(true);
        Self {
            lambda: aws_sdk_lambda::Client::new(&shared),
            iam: aws_sdk_iam::Client::new(&shared),
            logs: aws_sdk_cloudwatchlogs::Client::new(&shared),
            ecr: aws_sdk_ecr::Client::new(&shared),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
        }
    }

    /// Everything that exists, in words. An empty account has nothing.
    pub(crate) async fn contents(&self) -> Vec<String> {
        let mut all = Vec::new();
        let functions = self.lambda.list_functions().send().await.unwrap();
        let names = functions.functions().iter().filter_map(|found| found.function_name());
        all.extend(names.map(|name| format!("function {name}")));
        let roles = self.iam.list_roles().send().await.unwrap();
        all.extend(roles.roles().iter().map(|role| format!("role {}", role.role_name())));
        let groups = self.logs.describe_log_groups().send().await.unwrap();
        let names = groups.log_groups().iter().filter_map(|group| group.log_group_name());
        all.extend(names.map(|name| format!("log group {name}")));
        let buckets = self.s3.list_buckets().send().await.unwrap();
        let names = buckets.buckets().iter().filter_map(|bucket| bucket.name());
        all.extend(names.map(|name| format!("bucket {name}")));
        let repositories = self.ecr.describe_repositories().send().await.unwrap();
        let names = repositories.repositories().iter().filter_map(|one| one.repository_name());
        all.extend(names.map(|name| format!("repository {name}")));
        all
    }

    /// Writes lines into a stream of the function's log group, as Lambda would.
    pub(crate) async fn write_log(&self, function: &str, stream: &str, lines: &[(i64, &str)]) {
        let group = format!("/aws/lambda/{function}");
        let make = self.logs.create_log_stream().log_group_name(&group).log_stream_name(stream);
        make.send().await.unwrap();
        let put = self.logs.put_log_events().log_group_name(&group).log_stream_name(stream);
        let events = lines.iter().map(|(at, text)| {
            InputLogEvent::builder().timestamp(*at).message(*text).build().unwrap()
        });
        put.set_log_events(Some(events.collect())).send().await.unwrap();
    }

    pub(crate) async fn make_bucket(&self, bucket: &str) {
        let region = BucketLocationConstraint::from(REGION);
        let place = CreateBucketConfiguration::builder().location_constraint(region).build();
        let make = self.s3.create_bucket().bucket(bucket).create_bucket_configuration(place);
        make.send().await.unwrap();
    }

    pub(crate) async fn put(&self, bucket: &str, key: &str) {
        let body = ByteStream::from_static(b"x");
        self.s3.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
    }

    pub(crate) async fn read(&self, bucket: &str, key: &str) -> Vec<u8> {
        let found = self.s3.get_object().bucket(bucket).key(key).send().await.unwrap();
        found.body.collect().await.unwrap().to_vec()
    }

    /// The keys of uploads that were begun and not finished.
    pub(crate) async fn open_uploads(&self, bucket: &str) -> Vec<String> {
        let found = self.s3.list_multipart_uploads().bucket(bucket).send().await.unwrap();
        found.uploads().iter().filter_map(|upload| upload.key()).map(str::to_owned).collect()
    }

    /// The policy that mlship put on the service's role.
    pub(crate) async fn policy(&self, service: &str) -> Value {
        let get = self.iam.get_role_policy().role_name(format!("mlship-{service}"));
        let found = get.policy_name(format!("mlship-logs-{REGION}")).send().await.unwrap();
        // IAM gives documents percent-encoded.
        let mut pieces = found.policy_document.split('%');
        let mut text = pieces.next().unwrap().to_owned();
        for piece in pieces {
            text.push(char::from(u8::from_str_radix(&piece[..2], 16).unwrap()));
            text.push_str(&piece[2..]);
        }
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn keys(&self, bucket: &str) -> Vec<String> {
        let found = self.s3.list_objects_v2().bucket(bucket).send().await.unwrap();
        found.contents().iter().filter_map(|object| object.key()).map(str::to_owned).collect()
    }
}
