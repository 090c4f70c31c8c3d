//! Says which compiler builds the worker, and how: conditions of every record.

use std::{env, process::Command};

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map_or_else(
        |_| "rustc".into(),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    );
    println!("cargo:rustc-env=SKEIN_COMPILER={version}");
    println!("cargo:rustc-env=SKEIN_BUILD_TYPE={}", env::var("PROFILE").unwrap());
    println!("cargo:rustc-env=SKEIN_OPT_LEVEL={}", env::var("OPT_LEVEL").unwrap());
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../Cargo.lock");
}
