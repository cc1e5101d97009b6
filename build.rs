//! The extension links against no PHP library: its Zend symbols are resolved by the `php` that loads it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_PHP").is_some() {
        // A dlclose() would unmap code that a leaked or still ending thread executes (DESIGN trap 6).
        println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
    }
}
