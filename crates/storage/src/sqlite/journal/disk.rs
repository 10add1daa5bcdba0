//! What the journal asks of a disk: few files of a fixed size, written from the beginning to the end.
//!
//! **Comes in:** blocks and where they belong. **Goes out:** whether they are there, and after a sync whether they will
//! be there after a crash of the machine. **Never here:** what is in them.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::super::schema::open_private;

/// Whatever keeps segments.
pub(crate) trait Disk: Send + Sync + 'static {
    /// The numbers of those that are there.
    fn list(&self) -> io::Result<Vec<u64>>;
    /// All bytes of one, which survive a crash from now on: what is read at a start may be answered as taken.
    fn read(&self, number: u64) -> io::Result<Vec<u8>>;
    /// Makes one of so many zeros that survives a crash, so that later syncs are for the bytes alone.
    fn create(&self, number: u64, bytes: usize) -> io::Result<Box<dyn Segment>>;
    /// Takes one away.
    fn remove(&self, number: u64) -> io::Result<()>;
    /// A number that nobody can guess.
    fn salt(&self) -> u32;
}

/// A segment that is written.
pub(crate) trait Segment: Send {
    fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<()>;
    /// What was written before survives a crash after this.
    fn sync(&mut self) -> io::Result<()>;
}

/// Files in a folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

const NAME: &str = "hongyan.journal-";

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// What the files take.
    pub(crate) fn bytes(&self) -> u64 {
        let numbers = self.list().unwrap_or_default();
        let sizes = numbers
            .iter()
            .map(|it| std::fs::metadata(self.file(*it)).map_or(0, |it| it.len()));
        sizes.sum()
    }

    fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{NAME}{number:08}"))
    }

    /// Makes the folder's own entries survive a crash.
    fn sync(&self) -> io::Result<()> {
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }

    fn fill(&self, number: u64, bytes: usize) -> io::Result<File> {
        const ZEROS: &[u8] = &[0; 64 * 1024];
        let mut file = open_private(&self.file(number))?;
        file.set_len(0)?;
        let mut left = bytes;
        while left > 0 {
            let count = left.min(ZEROS.len());
            file.write_all(&ZEROS[..count])?;
            left -= count;
        }
        file.sync_all()?;
        self.sync()?;
        Ok(file)
    }
}

impl Disk for Folder {
    fn list(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|it| it.strip_prefix(NAME));
            numbers.extend(number.and_then(|it| it.parse::<u64>().ok()));
        }
        Ok(numbers)
    }

    fn read(&self, number: u64) -> io::Result<Vec<u8>> {
        let mut file = File::options().read(true).write(true).open(self.file(number))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        file.sync_data()?;
        Ok(bytes)
    }

    fn create(&self, number: u64, bytes: usize) -> io::Result<Box<dyn Segment>> {
        match self.fill(number, bytes) {
            Ok(file) => Ok(Box::new(Written { file })),
            Err(error) => {
                // A disk that is full is not to be kept full by this.
                let _ = std::fs::remove_file(self.file(number));
                Err(error)
            }
        }
    }

    fn remove(&self, number: u64) -> io::Result<()> {
        std::fs::remove_file(self.file(number))
    }

    fn salt(&self) -> u32 {
        use std::hash::{BuildHasher as _, RandomState};
        // Its seed is drawn from the system.
        RandomState::new().hash_one(&self.path) as u32
    }
}

struct Written {
    file: File,
}

impl Segment for Written {
    #[cfg(unix)]
    fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, at as u64)
    }

    #[cfg(not(unix))]
    fn write(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
        io::Seek::seek(&mut self.file, io::SeekFrom::Start(at as u64))?;
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}
