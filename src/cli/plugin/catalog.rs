//! Translations: a `.po` file, which people write, into a `.mo` file, which gettext reads. Fuzzy and missing translations are left
//! out, as `msgfmt` does.

use std::collections::BTreeMap;

/// Compiles a catalog.
///
/// # Errors
/// A phrase with the number of the line that is not understood.
pub fn compile(po: &str) -> Result<Vec<u8>, String> {
    Ok(write(&read(po)?))
}

/// Original (with its context and plural) to translation (with its plural forms), in gettext's own notation.
type Messages = BTreeMap<Vec<u8>, Vec<u8>>;

/// A message as far as it was read.
#[derive(Default)]
struct Entry {
    fuzzy: bool,
    context: Option<String>,
    id: Option<String>,
    plural: Option<String>,
    forms: Vec<String>,
}

impl Entry {
    fn end(self, messages: &mut Messages) {
        let Some(id) = self.id else { return };
        // The header may be marked fuzzy and counts all the same.
        let translated = !self.forms.is_empty() && self.forms.iter().all(|f| !f.is_empty());
        if !translated || (self.fuzzy && !id.is_empty()) {
            return;
        }
        let mut original = self.context.map(|c| c + "\u{4}").unwrap_or_default() + &id;
        if let Some(plural) = self.plural {
            original = original + "\0" + &plural;
        }
        messages.insert(original.into_bytes(), self.forms.join("\0").into_bytes());
    }
}

/// What the next string on a line of its own belongs to.
enum Field {
    None,
    Context,
    Id,
    Plural,
    Form(usize),
}

fn read(po: &str) -> Result<Messages, String> {
    let mut messages = Messages::new();
    let mut entry = Entry::default();
    let mut field = Field::None;
    for (i, line) in po.lines().enumerate() {
        let line = line.trim();
        let bad = |why: &str| format!("line {} {why}: {line}", i + 1);
        // A comment or `msgctxt` or `msgid` after a translation begins the next message.
        let begins = line.starts_with('#') || line.starts_with("msgctxt") || line.starts_with("msgid ");
        if begins && matches!(field, Field::Form(_)) {
            std::mem::take(&mut entry).end(&mut messages);
            field = Field::None;
        }
        if let Some(flags) = line.strip_prefix("#,") {
            entry.fuzzy |= flags.split(',').any(|f| f.trim() == "fuzzy");
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, text) = line.split_at(line.find('"').ok_or_else(|| bad("has no string"))?);
        let text = unquote(text).ok_or_else(|| bad("has a string that does not end well"))?;
        field = match word.trim() {
            "" => field,
            "msgctxt" => Field::Context,
            "msgid" => Field::Id,
            "msgid_plural" => Field::Plural,
            "msgstr" => Field::Form(0),
            other => {
                let number = other.strip_prefix("msgstr[").and_then(|n| n.strip_suffix(']'));
                Field::Form(number.and_then(|n| n.parse().ok()).ok_or_else(|| bad("is not understood"))?)
            }
        };
        let part = match field {
            Field::None => return Err(bad("belongs to nothing")),
            Field::Context => entry.context.get_or_insert_default(),
            Field::Id => entry.id.get_or_insert_default(),
            Field::Plural => entry.plural.get_or_insert_default(),
            Field::Form(n) if n <= entry.forms.len() => {
                if n == entry.forms.len() {
                    entry.forms.push(String::new());
                }
                &mut entry.forms[n]
            }
            Field::Form(_) => return Err(bad("leaves out a plural form")),
        };
        part.push_str(&text);
    }
    entry.end(&mut messages);
    if messages.contains_key(b"".as_slice()) { Ok(messages) } else { Err("it has no header".into()) }
}

/// The text of a C string with its quotes.
fn unquote(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => text.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                same @ ('"' | '\\') => same,
                _ => return None,
            }),
            _ => text.push(c),
        }
    }
    Some(text)
}

/// The format of `.mo`: a head, two tables of lengths and places, the texts. gettext searches the originals, so they are sorted.
fn write(messages: &Messages) -> Vec<u8> {
    const HEAD: usize = 28;
    let count = messages.len();
    let mut place = HEAD + 16 * count;
    let (mut tables, mut texts) = (Vec::new(), Vec::new());
    let originals = messages.keys();
    for text in originals.chain(messages.values()) {
        tables.extend([text.len(), place]);
        texts.extend_from_slice(text);
        texts.push(0);
        place += text.len() + 1;
    }
    let head = [0x9504_12de, 0, count, HEAD, HEAD + 8 * count, 0, HEAD + 16 * count];
    // A catalog of 4 GiB does not fit into a .po of ours.
    let mut file: Vec<u8> = head.iter().chain(&tables).flat_map(|n| (*n as u32).to_le_bytes()).collect();
    file.extend(texts);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    const PO: &str = r#"# German
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#: neural-brush.py:1
msgid "Neural Brush"
msgstr "Neuraler Pinsel"

msgctxt "menu"
msgid "Open \"it\"\n"
msgstr "Öffne "
"„es“\n"
msgid "one face"
msgid_plural "%d faces"
msgstr[0] "ein Gesicht"
msgstr[1] "%d Gesichter"

#, python-format, fuzzy
msgid "guess %d"
msgstr "geraten %d"

msgid "missing"
msgstr ""

#~ msgid "old"
#~ msgstr "alt"
"#;

    #[test]
    fn a_catalog_has_what_is_translated() {
        let messages = read(PO).unwrap();
        let texts: Vec<(&str, &str)> = messages
            .iter()
            .map(|(a, b)| (std::str::from_utf8(a).unwrap(), std::str::from_utf8(b).unwrap()))
            .collect();
        let header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n";
        assert_eq!(
            texts,
            [
                ("", header),
                ("Neural Brush", "Neuraler Pinsel"),
                ("menu\u{4}Open \"it\"\n", "Öffne „es“\n"),
                ("one face\0%d faces", "ein Gesicht\0%d Gesichter"),
            ]
        );
    }

    #[test]
    fn gettext_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("npe.mo");
        std::fs::write(&file, compile(PO).unwrap()).unwrap();
        let program = "import gettext, sys\n\
            t = gettext.GNUTranslations(open(sys.argv[1], 'rb'))\n\
            print(t.gettext('Neural Brush'), t.pgettext('menu', 'Open \"it\"\\n').strip(), t.ngettext('one face', '%d faces', 3), t.gettext('guess %d'), sep='|')";
        let python = std::process::Command::new("python3")
            .env("PYTHONIOENCODING", "utf-8")
            .args(["-c", program])
            .arg(&file)
            .output();
        let Ok(said) = python else {
            eprintln!("SKIPPED: no python3; that gettext reads the catalogs was NOT tested");
            return;
        };
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.trim(), "Neuraler Pinsel|Öffne „es“|%d Gesichter|guess %d");
    }

    #[test]
    fn a_damaged_catalog_is_told_with_its_line() {
        for (po, said) in [
            ("msgid \"\"\nmsgstr \"x\"\nmsgid \"a", "line 3 has a string that does not end well: msgid \"a"),
            ("msgid \"\"\nmsgstr \"x\"\n\nhello", "line 4 has no string: hello"),
            ("msgid \"a\"\nmsgstr \"b\"", "it has no header"),
            ("msgid \"\"\nmsgstr[1] \"b\"", "line 2 leaves out a plural form: msgstr[1] \"b\""),
            ("\"x\"", "line 1 belongs to nothing: \"x\""),
        ] {
            assert_eq!(compile(po).unwrap_err(), said);
        }
    }
}
