//! Reads TOML so that every mistake is named at once, with file, line and the nearest valid key.
