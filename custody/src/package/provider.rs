//! The platform's own texts, which every package has: what the bag and NCMEC's form take of them. They are known when the
//! configuration is read, so that no finding fails by them later.

use super::PackageError;
use super::facts::Provider;
use crate::bag::is_info_value;

/// The most characters of the service's name: the shorter of the form's two limits for it.
const SERVICE_LIMIT: usize = 100;
/// The most characters of the address of the terms.
const URL_LIMIT: usize = 2083;

/// Whether packages can be made in this name.
///
/// # Errors
/// [`PackageError::OneLine`] or [`PackageError::TooLong`], with the text that does not fit.
pub fn check_provider(provider: &Provider) -> Result<(), PackageError> {
    let lines = [
        ("the organization", Some(&provider.organization)),
        ("the contact's e-mail", provider.contact_email.as_ref()),
    ];
    for (field, text) in lines {
        if text.is_some_and(|text| !is_info_value(text)) {
            return Err(PackageError::OneLine(field));
        }
    }
    require_service(&provider.service)?;
    provider.terms_url.as_deref().map_or(Ok(()), require_url)
}

pub(super) fn require_service(service: &str) -> Result<(), PackageError> {
    require_length("the service's name", SERVICE_LIMIT, service)
}

pub(super) fn require_url(url: &str) -> Result<(), PackageError> {
    require_length("the address of the terms", URL_LIMIT, url)
}

fn require_length(field: &'static str, limit: usize, text: &str) -> Result<(), PackageError> {
    let found = text.chars().count();
    if found <= limit {
        Ok(())
    } else {
        Err(PackageError::TooLong {
            field,
            limit,
            found,
        })
    }
}
