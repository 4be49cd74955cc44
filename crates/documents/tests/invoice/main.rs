//! Renders invoices and reads the files back with a PDF parser of its own.
// The attribute tells the linter that helpers are test code as well.
#![cfg(test)]

mod content;
mod fixture;
mod hostile;
