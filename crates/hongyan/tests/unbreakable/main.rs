//! What must not break a server: `kill -9`, a disk that is full or cannot be written, a torn file, too much traffic.
//!
//! **Comes in:** the binary, started as its owner starts it, on loopback. **Goes out:** whether the contracts held.
//! **Never here:** how long something takes; a test waits for progress, and gives up only when there is none for long.
#![cfg(target_os = "linux")]

mod audit;
mod crash;
mod disk;
mod load;
mod overload;

mod random;
mod serving;
mod torn;
mod watcher;
mod wire;
