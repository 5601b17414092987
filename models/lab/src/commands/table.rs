//! `sealwatch-lab table`: trains on any table of accounts, and measures.
