/**
 * @module apps/files/safe-name
 * Names of files that came from the network, made safe to be created in a folder of ours on any system. Not here: what happens when the name is
 * taken (`disk/part-file.ts`).
 */
import { utf8Bytes } from '../../bytes.ts'

/** Longest name that we make, in bytes of UTF-8: 255 is what most file systems take, and a suffix ` (999)` must fit. */
export const maxSafeNameBytes = 240

/** Letters that some system gives a meaning (Microsoft, "Naming Files, Paths, and Namespaces"); control characters, line and paragraph ends. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u001f\u007f-\u009f\u2028\u2029<>:"|?*]/g

/** Marks that turn the direction of text, with which `exe.txt` shows as `txt.exe` (Unicode TR 36, section 2.4), and others without width. */
const invisible = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/** Names that Windows reserves for devices, whatever follows the first dot. */
const reserved = /^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)$/i

/**
 * A name without folders, without letters or endings that a system gives a meaning, of at most 240 bytes; `fallback` where nothing is left.
 * What is safe already comes back as it is (in Unicode's NFC).
 */
export function safeName(name: string, fallback: string): string {
  const base = name.normalize('NFC').split(/[/\\]/).pop() ?? ''
  // A leading dot hides a file, a trailing dot or space vanishes on Windows.
  const clean = wellFormed(base)
    .replace(invisible, '')
    .replace(forbidden, '_')
    .replace(/^[.\s]+/, '')
    .replace(/[.\s]+$/, '')
  const stem = clean.split('.')[0]?.trimEnd() ?? ''
  const named = reserved.test(stem) ? `_${clean}` : clean
  const cut = shorten(named, maxSafeNameBytes).replace(/[.\s]+$/, '')
  return cut === '' ? fallback : cut
}

/** The name with a number before its ending: `a.txt`, 2 gives `a (2).txt`. */
export function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? `${name} (${number})` : `${name.slice(0, dot)} (${number})${name.slice(dot)}`
}

/** Cuts the stem, keeping a short ending, without cutting a letter in two. */
function shorten(name: string, maxBytes: number): string {
  if (utf8Bytes(name).length <= maxBytes) return name
  const dot = name.lastIndexOf('.')
  const ending = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : ''
  const stem = ending === '' ? name : name.slice(0, dot)
  const room = maxBytes - utf8Bytes(ending).length
  let kept = ''
  let bytes = 0
  for (const letter of stem) {
    bytes += utf8Bytes(letter).length
    if (bytes > room) break
    kept += letter
  }
  return kept + ending
}

/** Lone surrogates become U+FFFD, as in UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}
