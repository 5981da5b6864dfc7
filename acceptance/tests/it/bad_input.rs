//! Whatever comes in wrong is said with its place and its fix, and stops nothing else.

mod checks;
mod command_line;
mod declaration;
mod disk;
mod start;
mod trunk;
