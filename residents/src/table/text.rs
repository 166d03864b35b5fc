//! CSV, decoded as it is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};

use csv::{Reader, ReaderBuilder, StringRecord};
use encoding_rs::{Decoder, GB18030, UTF_8};

use super::{BadTable, Row, clean};

/// Bytes that are decoded at a time.
const PIECE: usize = 64 * 1024;

/// Rows of a CSV file.
pub(super) struct Text {
    reader: Reader<Decoded>,
    record: StringRecord,
    /// Line after the last row.
    line: u64,
    /// The file broke off: it would say the same for ever.
    broken: bool,
}

impl Text {
    pub(super) fn open(mut file: File) -> Result<Self, BadTable> {
        let utf8 = is_utf8(&mut file)?;
        file.rewind()?;
        let delimiter = delimiter(&mut file)?;
        file.rewind()?;
        let mut builder = ReaderBuilder::new();
        builder.flexible(true).has_headers(false).delimiter(delimiter);
        let reader = builder.from_reader(Decoded::new(file, utf8));
        Ok(Self { reader, record: StringRecord::new(), line: 1, broken: false })
    }

    pub(super) fn next(&mut self) -> Option<Row> {
        if self.broken {
            return None;
        }
        let found = self.reader.read_record(&mut self.record);
        // the reader says where it stands behind a row; quotes may hold line ends of their own
        let inside = |record: &StringRecord| {
            record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>() as u64
        };
        let after = self.reader.position().line();
        match found {
            Ok(false) => None,
            Ok(true) => {
                let ended = after > self.line;
                self.line = after;
                let line = after.saturating_sub(inside(&self.record) + u64::from(ended));
                Some((line, Ok(self.record.iter().map(clean).collect())))
            }
            Err(error) => {
                self.line = after;
                self.broken = matches!(error.kind(), csv::ErrorKind::Io(_));
                Some((after, Err(error.to_string())))
            }
        }
    }
}

/// What stands between the headings: a comma, or a tab or semicolon, as other programs write them.
fn delimiter(file: &mut File) -> io::Result<u8> {
    let mut piece = Vec::new();
    file.take(PIECE as u64).read_to_end(&mut piece)?;
    let headings = piece.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    // none of the signs is a part of a letter, in UTF-8 or in GB18030
    let mut counts = [(b';', 0), (b'\t', 0), (b',', 0)];
    let mut quoted = false;
    for byte in headings.unwrap_or_default() {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign == byte && !quoted) {
            *count += 1;
        }
    }
    // of as many, the last: a comma, also where there is none of them
    Ok(counts.into_iter().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| sign))
}

/// Whether all of it is UTF-8: text in GB18030 hardly ever is by chance, but its first lines may be.
fn is_utf8(file: &mut File) -> io::Result<bool> {
    let mut piece = vec![0; PIECE];
    // the beginning of a letter that the next piece ends
    let mut kept = 0;
    loop {
        let got = file.read(&mut piece[kept..])?;
        let filled = kept + got;
        match std::str::from_utf8(&piece[..filled]) {
            Ok(_) => kept = 0,
            Err(error) if error.error_len().is_none() && got > 0 => {
                let good = error.valid_up_to();
                piece.copy_within(good..filled, 0);
                kept = filled - good;
            }
            Err(_) => return Ok(false),
        }
        if got == 0 {
            return Ok(kept == 0);
        }
    }
}

/// UTF-8 of a file in either encoding.
struct Decoded {
    file: BufReader<File>,
    decoder: Decoder,
    piece: Vec<u8>,
    /// What is decoded and not yet given.
    ready: Vec<u8>,
    given: usize,
    ended: bool,
    /// The last piece ended in the middle of a line end.
    returned: bool,
}

impl Decoded {
    fn new(file: File, utf8: bool) -> Self {
        let encoding = if utf8 { UTF_8 } else { GB18030 };
        Self {
            file: BufReader::new(file),
            decoder: encoding.new_decoder_with_bom_removal(),
            piece: vec![0; PIECE],
            ready: Vec::new(),
            given: 0,
            ended: false,
            returned: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        while self.ready.is_empty() && !self.ended {
            let got = self.file.read(&mut self.piece)?;
            self.ended = got == 0;
            let mut text =
                String::with_capacity(self.decoder.max_utf8_buffer_length(got).unwrap_or(PIECE * 4));
            // the text has room for all of it
            let _ = self.decoder.decode_to_string(&self.piece[..got], &mut text, self.ended);
            self.take(text);
        }
        Ok(())
    }
}

impl Decoded {
    /// Line ends of one kind: the reader counts a `\r\n` only with the row behind it.
    fn take(&mut self, mut text: String) {
        if std::mem::take(&mut self.returned) {
            text.insert(0, '\r');
        }
        if text.ends_with('\r') && !self.ended {
            text.pop();
            self.returned = true;
        }
        self.ready = text.replace("\r\n", "\n").into_bytes();
    }
}

impl Read for Decoded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.fill()?;
        }
        let count = into.len().min(self.ready.len() - self.given);
        into[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
