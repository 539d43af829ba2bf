//! Preparing.
