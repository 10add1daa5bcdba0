//! Groups: made, joined, left, dissolved.

use hongyan_protocol::group::Role;

/// Whether a role may decide for the group.
pub const fn manages(role: Role) -> bool {
    matches!(role, Role::Owner | Role::Admin)
}
