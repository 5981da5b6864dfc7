//! The bounds of what is read.

/// Bytes of one file of definitions.
pub const FILE_BYTES_MAX: usize = 8 << 20;
/// How deep lists and objects may lie in each other, in files and in contexts.
pub const DEPTH_MAX: usize = 100;
/// Parts of one rule, after its evaluators are put in.
pub const RULE_PARTS_MAX: usize = 20_000;
/// Bytes of one context.
pub const CONTEXT_BYTES_MAX: usize = 256 << 10;
/// Attributes of one context.
pub const ATTRIBUTES_MAX: usize = 1_000;
/// Keys of one segment.
pub const SEGMENT_KEYS_MAX: usize = 2_000_000;
/// Problems that are told of one file; more would be noise.
pub const PROBLEMS_MAX: usize = 100;
