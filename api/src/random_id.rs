//! Ids that are drawn at random: 32 hexadecimal digits, each kind a type of its own.

/// Makes the type of one kind of id.
macro_rules! random_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) sealwatch_core::recommendation::RecommendationId);

        impl $name {
            /// From exactly 32 lower-case hexadecimal digits.
            pub fn parse(text: &str) -> Option<Self> {
                sealwatch_core::recommendation::RecommendationId::parse(text).map(Self)
            }

            /// From 16 random bytes.
            pub(crate) const fn new(bytes: [u8; 16]) -> Self {
                let number = u128::from_be_bytes(bytes);
                Self(sealwatch_core::recommendation::RecommendationId::new(number))
            }

            /// Its 32 hexadecimal digits.
            pub fn to_hexadecimal(self) -> String {
                self.0.to_hexadecimal()
            }
        }
    };
}

pub(crate) use random_id;
