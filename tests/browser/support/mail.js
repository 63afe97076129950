// Reads the mails that the program writes: headers, and one part of plain text.

/** Decodes words of a header (RFC 2047). */
function decodeWords(text) {
  return text
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, way, word) => {
      const bytes = way.toLowerCase() === "b" ? Buffer.from(word, "base64") : quoted(word.replaceAll("_", " "));
      return bytes.toString("utf8");
    });
}

function quoted(text) {
  const plain = text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, "latin1");
}

/** `raw` is a mail as latin1 text; returns `headers` (names in lower case), `to`, `subject`, `text` and `links`. */
export function parseMail(raw) {
  const cut = raw.search(/\r?\n\r?\n/);
  const head = raw.slice(0, cut).replace(/\r?\n[ \t]+/g, " ");
  const body = raw.slice(cut).replace(/^\r?\n\r?\n/, "");
  const headers = {};
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = decodeWords(line.slice(colon + 1).trim());
  }
  const way = (headers["content-transfer-encoding"] ?? "7bit").toLowerCase();
  const bytes = way === "base64" ? Buffer.from(body, "base64") : way === "quoted-printable" ? quoted(body) : Buffer.from(body, "latin1");
  const text = bytes.toString("utf8").replaceAll("\r\n", "\n");
  return { headers, to: headers.to ?? "", subject: headers.subject ?? "", text, links: text.match(/https?:\/\/[^\s<>"]+/g) ?? [] };
}
