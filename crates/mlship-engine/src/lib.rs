//! Images built and run by a Docker Engine, where one is there. Sends nothing to a registry and
//! knows no provider.
