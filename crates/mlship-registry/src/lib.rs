//! Images to and from container registries, without a daemon: logs in, reads a base image, sends
//! what a registry lacks. Builds no image and knows no provider.
