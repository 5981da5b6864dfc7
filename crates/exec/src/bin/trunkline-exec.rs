//! The shim alone, for tests of crates that start processes without the whole `trunkline` binary.

fn main() -> std::process::ExitCode {
    exec::main()
}
