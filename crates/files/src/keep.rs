//! Keeping files: in a folder, or in a bucket that speaks S3.
//!
//! **Comes in:** an app's number, a file's id, which of its sizes. **Goes out:** bytes. **Never here:** names from outside: a
//! path is made of numbers alone, so none leads out of the folder.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use hongyan_protocol::file::FileId;
use hongyan_protocol::id::SdkAppId;
use object_store::local::LocalFileSystem;
use object_store::{GetOptions, GetRange, ObjectStore};

use crate::incoming::Incoming;
#[cfg(feature = "s3")]
use crate::parts::Parts;
use crate::{FilesError, Result};

/// Where files are kept. Cheap to clone.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    incoming: PathBuf,
    place: Place,
    /// Names of those that come in.
    last: AtomicU64,
}

enum Place {
    /// That `incoming` and the kept files share.
    Folder(PathBuf),
    /// They are kept elsewhere.
    #[cfg(feature = "s3")]
    Bucket(Parts),
}

/// A bucket that speaks S3.
#[derive(Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Where it is, `https://…`; empty: at Amazon.
    pub endpoint: String,
    /// Its region; most others than Amazon take any word.
    pub region: String,
    /// Who signs.
    pub key_id: String,
    /// With what. Never printed.
    pub secret: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.name)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// One of the sizes of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Whose.
    pub app: SdkAppId,
    /// Which.
    pub id: FileId,
    /// In which size.
    pub variant: Variant,
}

/// A file as it came, or a smaller picture made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// As it came.
    Original,
    /// The shorter side at most 720 pixels.
    Large,
    /// The shorter side at most 198 pixels.
    Thumb,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Original, Self::Large, Self::Thumb];

    /// The word in paths and links.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Large => "large",
            Self::Thumb => "thumb",
        }
    }

    /// Reads [`Variant::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// Which bytes: from one on, before another.
pub type Range = std::ops::Range<u64>;

/// The bytes of a file, as they are read.
pub struct Read {
    /// The whole file's.
    pub size: u64,
    /// Those that were asked for.
    pub bytes: BoxStream<'static, Result<Bytes>>,
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files")
            .field("incoming", &self.0.incoming)
            .finish_non_exhaustive()
    }
}

impl Key {
    fn path(&self) -> object_store::path::Path {
        let id = self.id.to_string();
        object_store::path::Path::from_iter([
            "kept",
            &self.app.to_string(),
            &id[..2],
            &id,
            self.variant.name(),
        ])
    }
}

impl Files {
    /// Keeps files in a folder, which is made for its owner alone when it is not there.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let incoming = emptied(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true);
        Ok(Self::new(
            Arc::new(store),
            incoming,
            Place::Folder(folder.to_owned()),
        ))
    }

    /// Keeps files in a bucket; what comes in grows in a folder on this machine first.
    #[cfg(feature = "s3")]
    pub fn in_bucket(bucket: &Bucket, incoming: &Path) -> Result<Self> {
        let is_plain = bucket.endpoint.starts_with("http://");
        let mut builder = object_store::aws::AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.key_id)
            .with_secret_access_key(&bucket.secret)
            .with_allow_http(is_plain);
        if !bucket.endpoint.is_empty() {
            builder = builder.with_endpoint(&bucket.endpoint);
        }
        let store = Arc::new(builder.build()?);
        let parts = Parts::new(store.clone(), incoming.join("under-way"))?;
        Ok(Self::new(store, emptied(incoming)?, Place::Bucket(parts)))
    }

    fn new(store: Arc<dyn ObjectStore>, incoming: PathBuf, place: Place) -> Self {
        Self(Arc::new(Inner {
            store,
            incoming,
            place,
            last: AtomicU64::new(0),
        }))
    }

    /// Begins a file.
    pub async fn begin(&self) -> Result<Incoming> {
        let number = self.0.last.fetch_add(1, Ordering::Relaxed);
        Incoming::create(self.0.incoming.join(number.to_string())).await
    }

    /// Keeps a file that came whole. It is on disk, or in the bucket, when this is ready.
    pub async fn keep(&self, incoming: Incoming, key: Key) -> Result<()> {
        let path = key.path();
        match &self.0.place {
            Place::Folder(folder) => {
                incoming.sync().await?;
                let to = folder.join(path.as_ref());
                let parent = to.parent().unwrap_or(folder).to_owned();
                tokio::fs::create_dir_all(&parent).await?;
                tokio::fs::rename(incoming.path(), &to).await?;
                incoming.moved();
                sync_folder(parent).await;
            }
            #[cfg(feature = "s3")]
            Place::Bucket(parts) => parts.send(incoming.path(), &path).await?,
        }
        Ok(())
    }

    /// Keeps bytes.
    pub async fn put(&self, bytes: Bytes, key: Key) -> Result<()> {
        self.0.store.put(&key.path(), bytes.into()).await?;
        Ok(())
    }

    /// Frees what a bucket keeps of files whose sending broke off, when this machine died say; how many those were.
    pub async fn abort_left(&self) -> Result<usize> {
        match &self.0.place {
            Place::Folder(_) => Ok(0),
            #[cfg(feature = "s3")]
            Place::Bucket(parts) => parts.abort_left().await,
        }
    }

    /// Reads a file, or a range of it, which must lie within; `None`: there is none.
    pub async fn read(&self, key: Key, range: Option<Range>) -> Result<Option<Read>> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        match self.0.store.get_opts(&key.path(), options).await {
            Ok(result) => Ok(Some(Read {
                size: result.meta.size,
                bytes: result.into_stream().map_err(FilesError::from).boxed(),
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a file with its sizes; those that are not there are passed over.
    pub async fn remove(&self, app: SdkAppId, id: FileId) -> Result<()> {
        for variant in Variant::ALL {
            match self.0.store.delete(&Key { app, id, variant }.path()).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// The folder of files that come in, emptied: what is in it when a server starts belongs to nobody.
fn emptied(folder: &Path) -> Result<PathBuf> {
    let incoming = folder.join("incoming");
    match std::fs::remove_dir_all(&incoming) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    make_private(&incoming)?;
    Ok(incoming)
}

/// Makes a folder for its owner alone.
pub(crate) fn make_private(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

/// A file's name is on disk when its folder is. Systems that cannot sync a folder need none.
async fn sync_folder(folder: PathBuf) {
    let synced = tokio::task::spawn_blocking(move || std::fs::File::open(folder)?.sync_all());
    let _ = synced.await;
}
