//! One macro for every closed set of names on the wire: an enum, its names, and its parser.

/// Defines an enum whose members have fixed names on the wire and in outputs.
///
/// It expands to the enum, `ALL` (in declaration order), `name()`, `parse()` and serde by name.
#[macro_export]
macro_rules! closed_set {
    ($(#[$meta:meta])* $set:ident { $($(#[$member_meta:meta])* $member:ident = $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $set { $($(#[$member_meta])* $member),+ }

        impl $set {
            /// Every member, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The name on the wire, in outputs and as a metric label.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$member => $name),+ }
            }

            /// The member with this name, if the set has one.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$member),)+ _ => None }
            }

            /// The member's index in `ALL`.
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The member at this index of `ALL`.
            pub fn from_index(index: usize) -> Option<Self> {
                Self::ALL.get(index).copied()
            }
        }

        impl serde::Serialize for $set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $set {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&name).ok_or_else(|| {
                    // The refused value is not echoed: it may be content (law 1).
                    serde::de::Error::custom(concat!("not a member of ", stringify!($set)))
                })
            }
        }
    };
}
