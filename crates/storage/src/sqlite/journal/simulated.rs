//! A disk that can lose power: what was not synced is then there, gone, or half there, sector by sector.
//!
//! **Comes in:** what the journal writes, and the moments at which power is lost or writing fails. **Goes out:** what a
//! disk would have. **Never here:** chance; it is drawn from a seed.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::disk::{Disk, Segment};

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// See the head of the file. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: BTreeMap<u64, Vec<u8>>,
    /// Written and not synced: file, where, what.
    unsynced: Vec<(u64, usize, Vec<u8>)>,
    salts: u32,
    trouble: Option<Trouble>,
}

/// What a disk may do beside losing power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It has no room: nothing new is made, and of a write only half is done.
    Full,
    /// Syncing fails, and what was written may be there or not.
    NoSync,
    /// The next sync fails so, and those after it do not.
    NoSyncOnce,
}

impl State {
    fn sync(&mut self, number: u64) {
        let (mine, others) = std::mem::take(&mut self.unsynced)
            .into_iter()
            .partition(|(file, _, _)| *file == number);
        self.unsynced = others;
        let mine: Vec<(u64, usize, Vec<u8>)> = mine;
        if let Some(file) = self.files.get_mut(&number) {
            for (_, at, bytes) in mine {
                file[at..at + bytes.len()].copy_from_slice(&bytes);
            }
        }
    }
}

impl SimulatedDisk {
    /// Loses power; the seed says what of the unsynced bytes is there.
    pub fn lose_power(&self, seed: u64) {
        let mut state = self.0.lock();
        let mut drawn = seed | 1;
        let mut draw = || {
            // xorshift64*
            drawn ^= drawn >> 12;
            drawn ^= drawn << 25;
            drawn ^= drawn >> 27;
            drawn.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33
        };
        // Now and then all of it, or nothing, as on a disk that is quick or slow.
        let (whole, none) = (draw() % 8 == 0, draw() % 8 == 0);
        let mut sectors: Vec<(u64, usize, Vec<u8>)> = Vec::new();
        for (file, at, bytes) in std::mem::take(&mut state.unsynced) {
            for (number, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                sectors.push((file, at + number * SECTOR_BYTES, sector.to_vec()));
            }
        }
        for (file, at, sector) in sectors {
            let kept = match draw() % 4 {
                _ if whole => sector.len(),
                _ if none => 0,
                0 => 0,
                1 => draw() as usize % (sector.len() + 1),
                _ => sector.len(),
            };
            if let Some(bytes) = state.files.get_mut(&file) {
                bytes[at..at + kept].copy_from_slice(&sector[..kept]);
            }
        }
        state.trouble = None;
    }

    /// Begins or ends trouble.
    pub fn trouble(&self, trouble: Option<Trouble>) {
        self.0.lock().trouble = trouble;
    }

    /// Changes a byte of a file that is there, as only a broken disk does; `false`: there is no such byte.
    pub fn spoil(&self, file: usize, at: usize) -> bool {
        let mut state = self.0.lock();
        let byte = state.files.values_mut().nth(file).and_then(|it| it.get_mut(at));
        byte.map(|it| *it ^= 0x10).is_some()
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.0.lock().files.len()
    }
}

impl std::fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedDisk").finish_non_exhaustive()
    }
}

impl Disk for SimulatedDisk {
    fn list(&self) -> io::Result<Vec<u64>> {
        Ok(self.0.lock().files.keys().copied().collect())
    }

    fn read(&self, number: u64) -> io::Result<Vec<u8>> {
        let mut state = self.0.lock();
        state.sync(number);
        Ok(state.files.get(&number).cloned().ok_or(io::ErrorKind::NotFound)?)
    }

    fn create(&self, number: u64, bytes: usize) -> io::Result<Box<dyn Segment>> {
        let mut state = self.0.lock();
        if state.trouble == Some(Trouble::Full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.files.insert(number, vec![0; bytes]);
        Ok(Box::new(Written {
            disk: self.clone(),
            number,
        }))
    }

    fn remove(&self, number: u64) -> io::Result<()> {
        let mut state = self.0.lock();
        state.unsynced.retain(|(file, _, _)| *file != number);
        state.files.remove(&number).ok_or(io::ErrorKind::NotFound)?;
        Ok(())
    }

    fn salt(&self) -> u32 {
        let mut state = self.0.lock();
        state.salts = state.salts.wrapping_add(0x9e37_79b9);
        state.salts
    }
}

struct Written {
    disk: SimulatedDisk,
    number: u64,
}

impl Segment for Written {
    fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let size = state.files.get(&self.number).map_or(0, Vec::len);
        if at + bytes.len() > size {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let full = state.trouble == Some(Trouble::Full);
        let done = if full { &bytes[..bytes.len() / 2] } else { bytes };
        state.unsynced.push((self.number, at, done.to_vec()));
        match full {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        if let Some(trouble @ (Trouble::NoSync | Trouble::NoSyncOnce)) = state.trouble {
            if trouble == Trouble::NoSyncOnce {
                state.trouble = None;
            }
            return Err(io::Error::other("the disk does not sync"));
        }
        state.sync(self.number);
        Ok(())
    }
}
