//! The keys that identity and telephone numbers are sealed with, and by which an identity number is found again without
//! being readable: AES-256-GCM-SIV (RFC 8452) for what is read, HMAC-SHA-256 for what is looked up.
//!
//! They live in a file of their own, apart from the database and its backups:
//!
//! ```text
//! 1 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=
//! 2 …
//! ```
//! The highest number seals; the others only open, until everything is sealed anew.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use thiserror::Error;
use xunge_reminder::id_number::IdNumber;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// What sets these keys apart from others that the same secret might be used for.
const SALT: &[u8] = b"xunge residents 1";

/// What is sealed. A sealed value opens only as the field, and of the person, that it was sealed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 公民身份号码.
    IdNumber,
    /// Telephone.
    Phone,
}

impl Field {
    fn tag(self) -> u8 {
        match self {
            Self::IdNumber => b'i',
            Self::Phone => b'p',
        }
    }
}

/// What is wrong with keys.
#[derive(Debug, Error)]
pub enum BadKeys {
    /// The file cannot be read or written.
    #[error("cannot use the file of the residents' keys {}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error("others may read the residents' keys in {}: run chmod 600 on it", .0.display())]
    Readable(PathBuf),
    /// A line of it is no key.
    #[error("line {0} of the residents' keys is not a number, a blank and 32 bytes in base64")]
    Line(usize),
    /// There is none in it.
    #[error(
        "the file of the residents' keys holds none; restore it from its backup: without it nobody can read identity numbers"
    )]
    Empty,
    /// A value was sealed with a key that is gone.
    #[error(
        "a value is sealed with key {0}, which is not in the file of the residents' keys: restore that file from its backup"
    )]
    Missing(i64),
    /// A value does not open.
    #[error("a sealed value does not open: it was changed, or belongs to somebody else")]
    Broken,
    /// They are of another database.
    #[error("the residents' keys in {} do not open what this backup holds: put the file of keys that belongs to it there, and \
        restore again into an empty place", .0.display())]
    Others(PathBuf),
    /// The system gives no random numbers.
    #[error("cannot make a key: the system gives no random numbers")]
    NoRandom,
}

/// One key.
struct Key {
    number: i64,
    secret: [u8; KEY_BYTES],
    seal: RandomizedNonceKey,
    index: hmac::Key,
}

impl Key {
    fn new(number: i64, secret: [u8; KEY_BYTES]) -> Result<Self, BadKeys> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&secret);
        let derive = |what: &[u8]| -> Result<[u8; KEY_BYTES], BadKeys> {
            let mut key = [0; KEY_BYTES];
            let parts = [what];
            let okm = root.expand(&parts, hkdf::HKDF_SHA256).map_err(|_| BadKeys::NoRandom)?;
            okm.fill(&mut key).map_err(|_| BadKeys::NoRandom)?;
            Ok(key)
        };
        let seal =
            RandomizedNonceKey::new(&AES_256_GCM_SIV, &derive(b"seal")?).map_err(|_| BadKeys::NoRandom)?;
        let index = hmac::Key::new(hmac::HMAC_SHA256, &derive(b"index")?);
        Ok(Self { number, secret, seal, index })
    }
}

/// A value that nobody reads without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Number of the key.
    pub key: i64,
    /// Nonce, then what was sealed, then its tag; base64.
    pub text: String,
}

/// By what an identity number is found: says nothing of it to whoever has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(i64);

impl Index {
    /// As the database has it: 64 bits are found fast among millions, and say less than more would. That two numbers of a city
    /// share one is not to be expected (one city in two million), and is told when it happens.
    pub fn value(self) -> i64 {
        self.0
    }
}

/// The keys of one file.
pub struct Keys {
    /// By number, the highest last; never empty.
    keys: Vec<Key>,
}

/// Nobody sees a key by accident.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| key.number)).finish()
    }
}

impl Keys {
    /// New ones, with one key in them.
    pub fn make() -> Result<Self, BadKeys> {
        Ok(Self { keys: vec![Key::new(1, random()?)?] })
    }

    /// The keys of a file; others must not be able to read it.
    pub fn load(path: &Path) -> Result<Self, BadKeys> {
        let file = |source| BadKeys::File { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(file)?.mode() & 0o077 != 0 {
            return Err(BadKeys::Readable(path.to_owned()));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(file)?)
    }

    fn parse(text: &str) -> Result<Self, BadKeys> {
        let mut keys = Vec::new();
        for (place, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = || BadKeys::Line(place + 1);
            let (number, secret) = line.split_once(' ').ok_or_else(bad)?;
            let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(bad)?;
            let secret = STANDARD.decode(secret.trim()).map_err(|_| bad())?.try_into().map_err(|_| bad())?;
            keys.push(Key::new(number, secret)?);
        }
        keys.sort_by_key(|key| key.number);
        if keys.windows(2).any(|two| two[0].number == two[1].number) {
            return Err(BadKeys::Line(text.lines().count()));
        }
        if keys.is_empty() { Err(BadKeys::Empty) } else { Ok(Self { keys }) }
    }

    /// Writes them; what was in the file before is there until all of it is written.
    pub fn save(&self, path: &Path) -> Result<(), BadKeys> {
        let file = |source| BadKeys::File { path: path.to_owned(), source };
        let beside = path.with_extension("new");
        let mut text = String::from(
            "# Keys of the residents' numbers. Keep a copy apart from the backups of the database.\n\
             # 居民身份证号与电话的加密密钥，请与数据库备份分开保存；丢失后密文无法恢复。\n",
        );
        for key in &self.keys {
            text.push_str(&format!("{} {}\n", key.number, STANDARD.encode(key.secret)));
        }
        let write = || {
            let mut options = std::fs::OpenOptions::new();
            let mut new = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
            new.write_all(text.as_bytes())?;
            new.sync_all()?;
            std::fs::rename(&beside, path)?;
            // the name is on disk once its folder is
            match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                Some(folder) => std::fs::File::open(folder)?.sync_all(),
                None => Ok(()),
            }
        };
        write().map_err(file)
    }

    /// Adds a new key, which seals from now on.
    pub fn add(&mut self) -> Result<(), BadKeys> {
        let next = self.current().number + 1;
        self.keys.push(Key::new(next, random()?)?);
        Ok(())
    }

    /// Forgets all but the one that seals.
    pub fn forget_old(&mut self) {
        self.keys.drain(..self.keys.len() - 1);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Number of the one that seals.
    pub fn newest(&self) -> i64 {
        self.current().number
    }

    #[allow(clippy::indexing_slicing)] // never empty
    fn current(&self) -> &Key {
        &self.keys[self.keys.len() - 1]
    }

    /// Seals a value of a person.
    pub fn seal(&self, field: Field, person: i64, plain: &str) -> Result<Sealed, BadKeys> {
        let key = self.current();
        let mut sealed = plain.as_bytes().to_vec();
        let nonce = key
            .seal
            .seal_in_place_append_tag(Aad::from(about(field, person)), &mut sealed)
            .map_err(|_| BadKeys::NoRandom)?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut sealed);
        Ok(Sealed { key: key.number, text: URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// Opens what was sealed as this field of this person.
    pub fn open(&self, field: Field, person: i64, key: i64, text: &str) -> Result<String, BadKeys> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadKeys::Broken)?;
        let key = self.keys.iter().find(|one| one.number == key).ok_or(BadKeys::Missing(key))?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or(BadKeys::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| BadKeys::Broken)?;
        let mut sealed = sealed.to_vec();
        let plain = key
            .seal
            .open_in_place(nonce, Aad::from(about(field, person)), &mut sealed)
            .map_err(|_| BadKeys::Broken)?;
        String::from_utf8(plain.to_vec()).map_err(|_| BadKeys::Broken)
    }

    /// By what a number is filed.
    pub fn index(&self, number: &IdNumber) -> Index {
        blind(self.current(), number)
    }

    /// By what it may have been filed: under each key.
    pub fn indexes(&self, number: &IdNumber) -> impl Iterator<Item = Index> {
        self.keys.iter().map(move |key| blind(key, number))
    }
}

fn blind(key: &Key, number: &IdNumber) -> Index {
    let tag = hmac::sign(&key.index, number.reveal().as_bytes());
    // a tag has 32 bytes
    Index(tag.as_ref().iter().take(8).fold(0, |index, byte| (index << 8) | i64::from(*byte)))
}

fn about(field: Field, person: i64) -> [u8; 9] {
    let mut about = [field.tag(); 9];
    about[1..].copy_from_slice(&person.to_be_bytes());
    about
}

fn random() -> Result<[u8; KEY_BYTES], BadKeys> {
    let mut secret = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut secret).map_err(|_| BadKeys::NoRandom)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> IdNumber {
        IdNumber::complete("99999919491231002").unwrap()
    }

    #[test]
    fn only_the_same_field_of_the_same_person_opens() {
        let keys = Keys::make().unwrap();
        let sealed = keys.seal(Field::IdNumber, 7, "secret").unwrap();
        assert_eq!(keys.open(Field::IdNumber, 7, sealed.key, &sealed.text).unwrap(), "secret");
        assert!(matches!(keys.open(Field::IdNumber, 8, sealed.key, &sealed.text), Err(BadKeys::Broken)));
        assert!(matches!(keys.open(Field::Phone, 7, sealed.key, &sealed.text), Err(BadKeys::Broken)));
        for place in 0..sealed.text.len() {
            let mut changed = sealed.text.clone();
            let other = if &changed[place..=place] == "A" { "B" } else { "A" };
            changed.replace_range(place..=place, other);
            assert!(keys.open(Field::IdNumber, 7, sealed.key, &changed).is_err(), "letter {place}");
        }
        assert!(matches!(keys.open(Field::IdNumber, 7, sealed.key, ""), Err(BadKeys::Broken)));
        // the same number is sealed otherwise each time, and found by the same index
        assert_ne!(sealed, keys.seal(Field::IdNumber, 7, "secret").unwrap());
        assert_eq!(keys.index(&number()), keys.index(&number()));
    }

    #[test]
    fn what_an_old_key_sealed_opens_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("residents.key");
        let mut keys = Keys::make().unwrap();
        let sealed = keys.seal(Field::Phone, 1, "139").unwrap();
        let old = keys.index(&number());
        keys.add().unwrap();
        keys.save(&path).unwrap();
        let mut keys = Keys::load(&path).unwrap();
        assert_eq!((keys.newest(), keys.count()), (2, 2));
        assert_eq!(keys.open(Field::Phone, 1, sealed.key, &sealed.text).unwrap(), "139");
        assert_eq!(keys.seal(Field::Phone, 1, "139").unwrap().key, 2);
        assert_ne!(keys.index(&number()), old);
        assert!(keys.indexes(&number()).any(|index| index == old));
        keys.forget_old();
        assert!(matches!(keys.open(Field::Phone, 1, sealed.key, &sealed.text), Err(BadKeys::Missing(1))));
    }

    #[test]
    fn a_file_that_is_no_keys_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("residents.key");
        assert!(matches!(Keys::load(&path), Err(BadKeys::File { .. })));
        Keys::make().unwrap().save(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keys::load(&path), Err(BadKeys::Readable(_))));
        assert!(matches!(Keys::parse("# nothing\n"), Err(BadKeys::Empty)));
        for bad in ["1", "x AAAA", "1 AAAA", "0 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "1 ?"] {
            assert!(matches!(Keys::parse(bad), Err(BadKeys::Line(1))), "{bad}");
        }
        let good = "1 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n";
        assert!(matches!(Keys::parse(&good.repeat(2)), Err(BadKeys::Line(2))));
    }

    #[test]
    fn nobody_reads_a_key_in_a_log() {
        assert_eq!(format!("{:?}", Keys::make().unwrap()), "[1]");
    }
}
