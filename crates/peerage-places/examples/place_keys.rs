//! Prints the key of each line of its input, as `scripts/make-places` needs them. A line without key gives an empty line.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let key = peerage_places::place_key(&line?).filter(|key| key.len() <= peerage_places::KEY_BYTES_MAX);
        writeln!(output, "{}", key.unwrap_or_default())?;
    }
    output.flush()
}
