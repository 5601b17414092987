//! Events of schema 1, written as compact JSON lines.
//!
//! Which fields a line has depends on the platform (its [`Shape`]) and on the client that caused it, on nothing else:
//! one mask in one place, so that no field can be missing more often for abusers.

use std::io;

use crate::identifier::{Identifiers, Kind};

macro_rules! names {
    ($(#[$meta:meta])* $set:ident { $($member:ident = $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $set { $(#[doc = concat!("`", $name, "`.")] $member),+ }

        impl $set {
            /// Every member, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$member => $name),+ }
            }

            /// The member of this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$member),)+ _ => None }
            }
        }
    };
}

names! {
    /// The event types of schema 1.
    EventType {
        Registered = "account.registered", Known = "account.known", Login = "account.login",
        ProfileChanged = "account.profile_changed", Closed = "account.closed", MessageSent = "message.sent",
        MessageDelivered = "message.delivered", CallPlaced = "call.placed", LookedUp = "contact.looked_up",
        Requested = "contact.requested", GroupCreated = "group.created", MemberAdded = "group.member_added",
        GroupLeft = "group.left", Blocked = "user.blocked", Reported = "user.reported", Matched = "surface.matched",
        Signal = "signal.received", Enforcement = "enforcement.applied", Label = "label.given",
    }
}

names! {
    /// The fields beyond `id`, `at`, `platform` and `type`.
    Field {
        Account = "account", Device = "device", Network = "network", Asn = "asn", Country = "country",
        NumberRange = "number_range", NumberKind = "number_kind", Client = "client", AgeBand = "age_band",
        Verification = "verification", VerificationAttempts = "verification_attempts",
        VerificationSeconds = "verification_seconds", RegisteredAt = "registered_at", Standing = "standing",
        Contacts = "contacts", NewDevice = "new_device", SecondFactor = "second_factor", Surface = "surface",
        HasLink = "has_link", HasNumber = "has_number", LengthBucket = "length_bucket", PhotoHash = "photo_hash",
        NameHash = "name_hash", Recipient = "recipient", Group = "group", Recipients = "recipients", Kind = "kind",
        SizeBucket = "size_bucket", FirstContact = "first_contact", RecipientHasSender = "recipient_has_sender",
        Reply = "reply", Forwarded = "forwarded", TypingMs = "typing_ms", Sender = "sender", DelayMs = "delay_ms",
        Read = "read", Answered = "answered", Seconds = "seconds", Numbers = "numbers", Hits = "hits",
        SequentialShare = "sequential_share", Target = "target", Accepted = "accepted", Members = "members",
        TargetHasAdder = "target_has_adder", Via = "via", SecondsSinceJoin = "seconds_since_join",
        Removed = "removed", Category = "category", FirstMessage = "first_message", InitiatedBy = "initiated_by",
        Bank = "bank", Match = "match", Distance = "distance", Issuer = "issuer", Action = "action",
        Behaviour = "behaviour", Origin = "origin", Recommendation = "recommendation", Verdict = "verdict",
        Since = "since",
    }
}

impl Field {
    /// This field as a bit of a mask.
    pub const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// The client that an account uses. Each leaves some fields unreported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// The platform's own client: reports everything.
    Official,
    /// A changed client: hides the typing indicator and forwarding.
    Modified,
    /// A client or library of somebody else: no device attestation, no typing indicator, no read receipts.
    Unofficial,
}

impl Client {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::Modified => "modified",
            Self::Unofficial => "unofficial",
        }
    }

    /// The fields that this client reports.
    const fn reports(self) -> u64 {
        match self {
            Self::Official => u64::MAX,
            Self::Modified => !(Field::TypingMs.bit() | Field::Forwarded.bit()),
            Self::Unofficial => !(Field::TypingMs.bit() | Field::Device.bit() | Field::Read.bit()),
        }
    }
}

/// Which event types and fields a platform has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// For each type, the fields that it has; zero for a type that the platform does not have.
    pub fields: [u64; EventType::ALL.len()],
}

impl Shape {
    /// All types and all fields.
    pub const FULL: Self = Self {
        fields: [u64::MAX; EventType::ALL.len()],
    };

    /// Whether the platform has this type.
    pub const fn has(&self, kind: EventType) -> bool {
        self.fields[kind as usize] != 0
    }

    /// Whether events of this type have this field.
    pub const fn has_field(&self, kind: EventType, field: Field) -> bool {
        self.fields[kind as usize] & field.bit() != 0
    }
}

/// Takes finished lines, in the order of their times.
pub trait Sink {
    /// Takes one line (with its line feed) of an event at this time.
    ///
    /// # Errors
    /// It could not be written.
    fn line(&mut self, at: i64, line: &[u8]) -> io::Result<()>;

    /// Writes what is still held back.
    ///
    /// # Errors
    /// It could not be written.
    fn finish(&mut self) -> io::Result<()>;
}

/// A sink that writes each line to a writer.
#[derive(Debug)]
pub struct Lines<W>(pub W);

impl<W: io::Write> Sink for Lines<W> {
    fn line(&mut self, _: i64, line: &[u8]) -> io::Result<()> {
        self.0.write_all(line)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes events to a sink and counts them.
pub struct Emitter<'sink> {
    sink: &'sink mut dyn Sink,
    platform: String,
    identifiers: Identifiers,
    shape: Shape,
    buffer: Vec<u8>,
    serial: u64,
    counts: [u64; EventType::ALL.len()],
    failure: Option<io::Error>,
}

impl<'sink> Emitter<'sink> {
    /// An emitter for a platform of this name and shape.
    pub fn new(
        sink: &'sink mut dyn Sink,
        platform: &str,
        identifiers: Identifiers,
        shape: Shape,
    ) -> Self {
        Self {
            sink,
            platform: platform.to_owned(),
            identifiers,
            shape,
            buffer: Vec::with_capacity(512),
            serial: 0,
            counts: [0; EventType::ALL.len()],
            failure: None,
        }
    }

    /// Begins an event that this client causes. Finish it with [`Draft::end`].
    pub fn event(&mut self, at: i64, kind: EventType, client: Client) -> Draft<'_, 'sink> {
        let fields = self.shape.fields[kind as usize];
        let skip = fields == 0 || self.failure.is_some();
        if !skip {
            self.buffer.clear();
            self.buffer.extend_from_slice(b"{\"id\":\"");
            self.identifiers
                .write(&mut self.buffer, Kind::Event, self.serial);
            self.serial += 1;
            self.buffer.extend_from_slice(b"\",\"at\":");
            push_number(&mut self.buffer, at as u64);
            self.buffer.extend_from_slice(b",\"platform\":\"");
            self.buffer.extend_from_slice(self.platform.as_bytes());
            self.buffer.extend_from_slice(b"\",\"type\":\"");
            self.buffer.extend_from_slice(kind.name().as_bytes());
            self.buffer.push(b'"');
        }
        Draft {
            mask: if skip { 0 } else { fields & client.reports() },
            skip,
            at,
            kind,
            emitter: self,
        }
    }

    /// The written form of identifiers.
    pub const fn identifiers(&self) -> &Identifiers {
        &self.identifiers
    }

    /// Which types and fields the platform has.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Events written so far, by type.
    pub const fn counts(&self) -> &[u64; EventType::ALL.len()] {
        &self.counts
    }

    /// Whether a write has failed.
    pub const fn failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Finishes the sink.
    ///
    /// # Errors
    /// The first write that failed.
    pub fn finish(&mut self) -> io::Result<()> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.sink.finish(),
        }
    }
}

/// An event that is being written. Fields that the platform or the client does not report are left out.
#[must_use]
pub struct Draft<'emitter, 'sink> {
    emitter: &'emitter mut Emitter<'sink>,
    mask: u64,
    skip: bool,
    at: i64,
    kind: EventType,
}

impl Draft<'_, '_> {
    fn begin(&mut self, field: Field) -> bool {
        let has = self.mask & field.bit() != 0;
        if has {
            let buffer = &mut self.emitter.buffer;
            buffer.extend_from_slice(b",\"");
            buffer.extend_from_slice(field.name().as_bytes());
            buffer.extend_from_slice(b"\":");
        }
        has
    }

    /// Adds an identifier. An event about an account or a group that the platform has no field for is not written.
    pub fn identifier(mut self, field: Field, kind: Kind, number: u32) -> Self {
        if !self.begin(field) {
            self.skip |= matches!(kind, Kind::Account | Kind::Group);
        } else if !self.skip {
            let emitter = &mut *self.emitter;
            emitter.buffer.push(b'"');
            emitter
                .identifiers
                .write(&mut emitter.buffer, kind, u64::from(number));
            emitter.buffer.push(b'"');
        }
        self
    }

    /// Adds an account.
    pub fn account(self, field: Field, account: u32) -> Self {
        self.identifier(field, Kind::Account, account)
    }

    /// Adds a member of a closed set, or another text that needs no escapes.
    pub fn text(mut self, field: Field, text: &str) -> Self {
        if self.begin(field) {
            let buffer = &mut self.emitter.buffer;
            buffer.push(b'"');
            buffer.extend_from_slice(text.as_bytes());
            buffer.push(b'"');
        }
        self
    }

    /// Adds a non-negative integer.
    pub fn number(mut self, field: Field, number: u64) -> Self {
        if self.begin(field) {
            push_number(&mut self.emitter.buffer, number);
        }
        self
    }

    /// Adds a boolean.
    pub fn flag(mut self, field: Field, flag: bool) -> Self {
        if self.begin(field) {
            self.emitter
                .buffer
                .extend_from_slice(if flag { b"true" } else { b"false" });
        }
        self
    }

    /// Adds a share between 0 and 1, in thousandths.
    pub fn share(mut self, field: Field, share: f64) -> Self {
        if self.begin(field) {
            let thousandths = (share.clamp(0.0, 1.0) * 1_000.0) as u64;
            let buffer = &mut self.emitter.buffer;
            push_number(buffer, thousandths / 1_000);
            if !thousandths.is_multiple_of(1_000) {
                buffer.push(b'.');
                buffer.extend([100, 10, 1].map(|place| b'0' + (thousandths / place % 10) as u8));
            }
        }
        self
    }

    /// Writes the event.
    pub fn end(self) {
        if self.skip {
            return;
        }
        self.emitter.buffer.extend_from_slice(b"}\n");
        self.emitter.counts[self.kind as usize] += 1;
        if let Err(error) = self.emitter.sink.line(self.at, &self.emitter.buffer) {
            self.emitter.failure = Some(error);
        }
    }
}

fn push_number(buffer: &mut Vec<u8>, mut number: u64) {
    let (mut digits, mut place) = ([0_u8; 20], 20);
    loop {
        place -= 1;
        digits[place] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    buffer.extend_from_slice(&digits[place..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(client: Client, shape: Shape) -> String {
        let mut sink = Lines(Vec::new());
        let mut emitter = Emitter::new(&mut sink, "demo", Identifiers::new(1), shape);
        emitter
            .event(1_234, EventType::MessageSent, client)
            .number(Field::TypingMs, 0)
            .flag(Field::Reply, true)
            .share(Field::SequentialShare, 0.0451)
            .end();
        emitter.finish().unwrap();
        String::from_utf8(sink.0).unwrap()
    }

    #[test]
    fn a_line_is_compact_json_with_all_that_the_client_reports() {
        let line = written(Client::Official, Shape::FULL);
        assert!(line.contains(
            r#","at":1234,"platform":"demo","type":"message.sent","typing_ms":0,"reply":true,"#
        ));
        assert!(line.ends_with("\"sequential_share\":0.045}\n"));
        assert!(!written(Client::Unofficial, Shape::FULL).contains("typing_ms"));
    }

    #[test]
    fn a_platform_without_the_type_gets_no_line() {
        let mut shape = Shape::FULL;
        shape.fields[EventType::MessageSent as usize] = 0;
        assert_eq!(written(Client::Official, shape), "");
    }

    #[test]
    fn every_field_fits_the_mask() {
        assert!(Field::ALL.len() < 64);
    }
}
