//! Identifiers: UUID version 7 as text, so that order of ids is order of birth, wrapped so that kinds cannot be mixed up.

/// A new identifier.
#[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
pub fn fresh() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Declares a newtype over an identifier's text: `kernel::id!(/// A run of the pipeline. RunId);`
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// A new one.
            pub fn fresh() -> Self {
                Self($crate::id::fresh())
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn later_ids_sort_later() {
        let first = super::fresh();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(first < super::fresh());
    }
}
