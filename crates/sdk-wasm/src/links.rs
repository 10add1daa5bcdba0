//! Links to files: whole where JavaScript sees them, bare where they travel.
//!
//! **Comes in:** where the files of the core begin that is at work. **Goes out:** links. **Never here:** where that is.
//!
//! One thread, one core at work at a time: each of its functions sets the place before it reads or writes values.

use std::cell::RefCell;

use hongyan_sdk::core::{bare_link, whole_link};

thread_local! {
    static BASE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// From now on links begin here.
pub(crate) fn begin_at(base: &str) {
    BASE.with_borrow_mut(|it| {
        if it != base {
            base.clone_into(it);
        }
    });
}

pub(crate) fn whole(link: &str) -> String {
    BASE.with_borrow(|base| whole_link(base, link))
}

pub(crate) fn bare(link: &str) -> String {
    BASE.with_borrow(|base| bare_link(base, link))
}
