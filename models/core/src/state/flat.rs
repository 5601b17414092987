//! The stored form of entity state: every field at a fixed place, little-endian, without padding.

/// A value of fixed size in the stored form.
pub trait Flat: Sized {
    /// Bytes in the stored form.
    const SIZE: usize;

    /// Appends the stored form.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads the stored form from exactly `SIZE` bytes. `None` if the length differs.
    fn take(bytes: &[u8]) -> Option<Self>;
}

macro_rules! flat_numbers {
    ($($number:ty),+) => { $(
        impl Flat for $number {
            const SIZE: usize = size_of::<Self>();

            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )+ };
}

flat_numbers!(u8, u16, u32, u64, u128, i64, f32);

impl<T: Flat + Copy + Default, const N: usize> Flat for [T; N] {
    const SIZE: usize = T::SIZE * N;

    fn put(&self, out: &mut Vec<u8>) {
        for value in self {
            value.put(out);
        }
    }

    fn take(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::SIZE {
            return None;
        }
        let mut values = [T::default(); N];
        for (value, chunk) in values.iter_mut().zip(bytes.chunks_exact(T::SIZE)) {
            *value = T::take(chunk)?;
        }
        Some(values)
    }
}

/// Defines a state record: a struct whose fields are all [`Flat`], its stored form, and a text that names its layout.
macro_rules! flat_state {
    ($(#[$meta:meta])* $state:ident { $($(#[$field_meta:meta])* $field:ident : $value:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $state { $($(#[$field_meta])* pub $field: $value),+ }

        impl $crate::state::flat::Flat for $state {
            const SIZE: usize = 0 $(+ <$value as $crate::state::flat::Flat>::SIZE)+;

            fn put(&self, out: &mut Vec<u8>) {
                $($crate::state::flat::Flat::put(&self.$field, out);)+
            }

            fn take(bytes: &[u8]) -> Option<Self> {
                let mut rest = bytes;
                $(
                    let (head, tail) = rest.split_at_checked(<$value as $crate::state::flat::Flat>::SIZE)?;
                    let $field = <$value as $crate::state::flat::Flat>::take(head)?;
                    rest = tail;
                )+
                rest.is_empty().then_some(Self { $($field),+ })
            }
        }

        impl $state {
            /// The record's layout in words; the store keeps a digest of all of them.
            pub const LAYOUT: &'static str =
                concat!(stringify!($state), "{", $(stringify!($field), ":", stringify!($value), ";"),+, "}");
        }
    };
}

pub(crate) use flat_state;
