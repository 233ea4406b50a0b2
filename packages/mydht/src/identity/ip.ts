/**
 * @module identity/ip
 * IP literals as bytes and back. Strict: one text per address (RFC 5952), no octal, no short forms, no zones. Not here: what an address is good for.
 */

/** The 4 or 16 bytes of an IP literal without brackets; undefined for anything else. Accepts any valid IPv6 form. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** The one text of an address of 4 or 16 bytes: IPv6 as RFC 5952 writes it, without brackets. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) throw new TypeError(`an IP address has 4 or 16 bytes, got ${bytes.length}`)
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0))
  // RFC 5952 section 5: the mapped form is written with the IPv4 address in dots.
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`
  const [from, length] = longestZeros(groups)
  const hex = groups.map((group) => group.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + length).join(':')}`
}

/** Whether 16 bytes are an IPv4 address inside IPv6: ::ffff:0:0/96 (RFC 4291 section 2.5.5.2). */
export function isMapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 255 || bytes[11] !== 255) return false
  return bytes.subarray(0, 10).every((byte) => byte === 0)
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.', 5)
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    // No leading zeros: some parsers read them as octal.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part)) return undefined
    const value = Number(part)
    if (value > 255) return undefined
    bytes[i] = value
  }
  return bytes
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::', 3)
  if (halves.length > 2) return undefined
  const [before, after] = halves
  const head = groupsOf(before ?? '', after === undefined)
  const tail = after === undefined ? [] : groupsOf(after, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  // '::' stands for at least one group.
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  const bytes = new Uint8Array(16)
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 255
  }
  return bytes
}

/** Groups of 16 bits; the last may be an IPv4 address where that is the end of the whole. */
function groupsOf(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':', 9)
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const v4 = atEnd && i === parts.length - 1 ? parseIpv4(part) : undefined
      if (v4 === undefined) return undefined
      groups.push(((v4[0] ?? 0) << 8) | (v4[1] ?? 0), ((v4[2] ?? 0) << 8) | (v4[3] ?? 0))
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

/** Where the first longest run of zeros is, and how long. */
function longestZeros(groups: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 0]
  let length = 0
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > best[1]) best = [i - length + 1, length]
  }
  return best
}
