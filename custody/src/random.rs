//! Randomness as an argument: a closure that fills a buffer, seen by `hpke` as its random number generator.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};

/// Fills a buffer with bytes from a cryptographically secure generator, completely, or does not return.
///
/// A closure that leaves bytes unfilled breaks the sealing of everything; whoever passes one in stops the process when
/// the operating system gives no randomness.
pub type Random<'source> = dyn FnMut(&mut [u8]) + 'source;

/// The closure as `hpke` takes it.
pub(crate) struct Generator<'random, 'source>(pub(crate) &'random mut Random<'source>);

impl TryRng for Generator<'_, '_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(destination);
        Ok(())
    }
}

impl TryCryptoRng for Generator<'_, '_> {}
