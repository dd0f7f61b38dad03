//! The data folder: made private, owned by one process at a time.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use halloo_core::ports::Entropy;
use halloo_fpnn::{Curve, PrivateKey};

/// A data folder that this process owns until the value is dropped.
pub struct DataFolder {
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

/// What became of an attempt to own a data folder.
pub enum Claim {
    /// It is ours.
    Owned(DataFolder),
    /// A running server has it.
    Busy,
}

impl DataFolder {
    /// Makes the folder if need be (mode 0700) and takes its lock.
    /// # Errors
    /// When the folder can not be made or written, or is open to others.
    pub fn claim(path: &Path) -> Result<Claim> {
        if !path.exists() {
            let made = fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(path);
            made.with_context(|| format!("cannot make the data folder {}", path.display()))?;
            // Its entry must outlive a power failure like what will be in it.
            let parent = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        make_private(path)?;
        let lock = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("halloo.lock"))
            .with_context(|| format!("cannot write to the data folder {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Claim::Owned(Self {
                path: path.to_owned(),
                _lock: lock,
            })),
            Err(TryLockError::WouldBlock) => Ok(Claim::Busy),
            Err(TryLockError::Error(error)) => Err(error).context("cannot lock the data folder"),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The operator's token, made on the first call: a secret that opens metrics from elsewhere.
    /// # Errors
    /// When the file can not be read or written.
    pub fn operator_token(&self, entropy: &dyn Entropy) -> Result<String> {
        let path = self.path.join("operator.token");
        if let Ok(token) = fs::read_to_string(&path)
            && !token.trim().is_empty()
        {
            return Ok(token.trim().to_owned());
        }
        let mut random = [0; 32];
        entropy.fill(&mut random);
        let token = URL_SAFE_NO_PAD.encode(random);
        self.keep(&path, format!("{token}\n").as_bytes())?;
        Ok(token)
    }

    /// The private key on `curve` that encrypted RTM sessions are agreed on with, made on the first
    /// call: `rtm-CURVE.key`, raw and big-endian.
    /// # Errors
    /// When the file can not be read or written, or is no such key.
    pub fn rtm_key(&self, curve: Curve, entropy: &dyn Entropy) -> Result<PrivateKey> {
        if let Some(key) = rtm_key(&self.path, curve)? {
            return Ok(key);
        }
        let key = loop {
            let mut random = [0; 32];
            entropy.fill(&mut random);
            if let Some(key) = PrivateKey::from_random(curve, &random) {
                break key;
            }
        };
        self.keep(&rtm_key_file(&self.path, curve), key.as_bytes())?;
        Ok(key)
    }

    /// Writes a file for its owner only, under its name only when it is whole.
    fn keep(&self, path: &Path, content: &[u8]) -> Result<()> {
        let begun = path.with_added_extension("new");
        let write = || -> std::io::Result<()> {
            let mut options = fs::OpenOptions::new();
            let options = options.create(true).truncate(true).write(true).mode(0o600);
            let mut file = options.open(&begun)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&begun, path)?;
            File::open(&self.path)?.sync_all()
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The private key of [`DataFolder::rtm_key`] in the data folder `folder`, if it was made.
/// # Errors
/// When its file can not be read or is no such key.
pub fn rtm_key(folder: &Path, curve: Curve) -> Result<Option<PrivateKey>> {
    let path = rtm_key_file(folder, curve);
    if !path.exists() {
        return Ok(None);
    }
    let shown = path.display();
    let scalar = fs::read(&path).with_context(|| format!("cannot read {shown}"))?;
    let key = PrivateKey::from_bytes(curve, &scalar);
    key.map(Some)
        .with_context(|| format!("{shown} is no private key on {curve}"))
}

fn rtm_key_file(folder: &Path, curve: Curve) -> PathBuf {
    folder.join(format!("rtm-{curve}.key"))
}

/// Shuts others out of a folder that is empty or holds our database already.
fn make_private(path: &Path) -> Result<()> {
    let shown = path.display();
    let metadata = fs::metadata(path).with_context(|| format!("cannot read {shown}"))?;
    if !metadata.is_dir() {
        bail!("the data folder {shown} is not a folder");
    }
    let for_others = metadata.permissions().mode() & 0o077;
    if for_others == 0 {
        return Ok(());
    }
    let ours = path.join("halloo.db").exists() || fs::read_dir(path)?.next().is_none();
    if !ours {
        bail!(
            "{shown} is open to others and holds other files; name a folder of its own with --data"
        );
    }
    let private = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
    private.with_context(|| format!("cannot make the data folder {shown} private"))
}
