//! One macro for every set of metrics: a struct, and its registration with help texts that are the fields' doc comments.

/// Defines a struct of metrics whose fields' doc comments are the help texts.
///
/// It expands to the struct and `register()`, and names the crate `prometheus` of whoever uses it: this crate knows nothing of
/// metrics. A field is `name: Kind = "metric"`, then its labels in brackets, then `buckets` with their bounds.
#[macro_export]
macro_rules! metrics {
    ($(#[$meta:meta])* $visibility:vis struct $set:ident { $(
        $(#[doc = $doc:literal])+
        $field:ident: $kind:ident = $metric:literal $([$($label:literal),+ $(,)?])? $(buckets $buckets:expr)?
    ),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone)]
        $visibility struct $set { $( $(#[doc = $doc])+ $field: prometheus::$kind ),+ }

        impl $set {
            /// Makes and registers them.
            ///
            /// # Errors
            /// The registry has one of them already.
            $visibility fn register(registry: &prometheus::Registry) -> Result<Self, prometheus::Error> {
                $(
                    let $field = $crate::metrics!(
                        @make $kind, $metric, concat!($($doc),+).trim(); $([$($label),+])? $(buckets $buckets)?
                    )?;
                    registry.register(Box::new($field.clone()))?;
                )+
                Ok(Self { $($field),+ })
            }
        }

        /// They have no state to show.
        impl std::fmt::Debug for $set {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_struct(stringify!($set)).finish_non_exhaustive()
            }
        }
    };
    (@make $kind:ident, $metric:literal, $help:expr; ) => {
        prometheus::$kind::with_opts(prometheus::Opts::new($metric, $help))
    };
    (@make $kind:ident, $metric:literal, $help:expr; [$($label:literal),+]) => {
        prometheus::$kind::new(prometheus::Opts::new($metric, $help), &[$($label),+])
    };
    (@make $kind:ident, $metric:literal, $help:expr; buckets $buckets:expr) => {
        prometheus::$kind::with_opts(
            prometheus::HistogramOpts::new($metric, $help).buckets($buckets.to_vec()),
        )
    };
    (@make $kind:ident, $metric:literal, $help:expr; [$($label:literal),+] buckets $buckets:expr) => {
        prometheus::$kind::new(
            prometheus::HistogramOpts::new($metric, $help).buckets($buckets.to_vec()),
            &[$($label),+],
        )
    };
}
