//! Server options, validated before a thread starts.
