//! Builds again when the sample product changes: its files are embedded.

fn main() {
    for part in ["", "history", "infra", "migrations", "public", "src", "test"] {
        println!("cargo::rerun-if-changed=../../examples/shop/{part}");
    }
}
