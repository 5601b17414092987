//! Serving people.
