//! What an instance runs on, and why it may have to go.

use crate::wire;

/// What an instance runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Platform {
    Web,
    MiniProgram,
    Windows,
    Mac,
    Linux,
    Android,
    Ios,
    Ipad,
    Server,
}

impl Platform {
    /// Every platform, in the order of the wire's numbers.
    pub const ALL: [Self; 9] = [
        Self::Web,
        Self::MiniProgram,
        Self::Windows,
        Self::Mac,
        Self::Linux,
        Self::Android,
        Self::Ios,
        Self::Ipad,
        Self::Server,
    ];

    /// The name in logs, in the console and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::MiniProgram => "mini-program",
            Self::Windows => "windows",
            Self::Mac => "mac",
            Self::Linux => "linux",
            Self::Android => "android",
            Self::Ios => "ios",
            Self::Ipad => "ipad",
            Self::Server => "server",
        }
    }

    /// Reads [`Platform::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The wire's number.
    pub const fn to_wire(self) -> wire::Platform {
        match self {
            Self::Web => wire::Platform::Web,
            Self::MiniProgram => wire::Platform::MiniProgram,
            Self::Windows => wire::Platform::Windows,
            Self::Mac => wire::Platform::Mac,
            Self::Linux => wire::Platform::Linux,
            Self::Android => wire::Platform::Android,
            Self::Ios => wire::Platform::Ios,
            Self::Ipad => wire::Platform::Ipad,
            Self::Server => wire::Platform::Server,
        }
    }

    /// Takes the wire's number; one that is not known is none.
    pub fn from_wire(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.to_wire() as i32 == number)
    }
}

/// Why an instance was signed out by the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KickReason {
    /// Another instance of the same kind logged in (`multipleAccount`).
    MultipleAccount,
    /// An instance of another kind logged in, under the app's policy (`multipleDevice`).
    MultipleDevice,
    /// Its UserSig ran out (`userSigExpired`).
    UserSigExpired,
    /// The owner's server or console said so (`REST_API_Kick`).
    RestApi,
}

impl KickReason {
    /// The public value, `TYPES.KICKED_OUT_*`.
    pub const fn public(self) -> &'static str {
        match self {
            Self::MultipleAccount => "multipleAccount",
            Self::MultipleDevice => "multipleDevice",
            Self::UserSigExpired => "userSigExpired",
            Self::RestApi => "REST_API_Kick",
        }
    }

    /// Reads [`KickReason::public`] back.
    pub fn from_public(text: &str) -> Option<Self> {
        [
            Self::MultipleAccount,
            Self::MultipleDevice,
            Self::UserSigExpired,
            Self::RestApi,
        ]
        .into_iter()
        .find(|it| it.public() == text)
    }

    /// The wire's number.
    pub const fn to_wire(self) -> wire::KickReason {
        match self {
            Self::MultipleAccount => wire::KickReason::MultipleAccount,
            Self::MultipleDevice => wire::KickReason::MultipleDevice,
            Self::UserSigExpired => wire::KickReason::UsersigExpired,
            Self::RestApi => wire::KickReason::RestApi,
        }
    }

    /// Takes the wire's number; one that is not known is taken as another instance of the same kind.
    pub fn from_wire(number: i32) -> Self {
        match wire::KickReason::try_from(number) {
            Ok(wire::KickReason::MultipleDevice) => Self::MultipleDevice,
            Ok(wire::KickReason::UsersigExpired) => Self::UserSigExpired,
            Ok(wire::KickReason::RestApi) => Self::RestApi,
            Ok(wire::KickReason::MultipleAccount | wire::KickReason::Unspecified) | Err(_) => {
                Self::MultipleAccount
            }
        }
    }
}
