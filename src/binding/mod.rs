//! The extension: the only code that names `ext_php_rs`.
