/**
 * @module text
 * Text for people: tables, numbers with units, and what strangers wrote made harmless.
 */

/** Columns aligned by their widest cell; those of numbers (in `right`) to the right. The first line is the head. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = []
): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? ''
        return right.includes(column) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Bytes with a unit of 1024. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** A time with its unit. */
export function millisecondsText(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`
}

/** How many, in at most six characters up to a billion: 950, 12.3 k, 456 k, 7.89 M. Below 10 with a digit behind the point where there is one. */
export function countText(count: number): string {
  if (count < 9.95 && !Number.isInteger(count)) return count.toFixed(1)
  if (count < 9999.5) return count.toFixed(0)
  if (count < 99_950) return `${(count / 1000).toFixed(1)} k`
  if (count < 999_500) return `${(count / 1000).toFixed(0)} k`
  return `${(count / 1e6).toFixed(count < 99_995_000 ? 2 : 0)} M`
}

/** How long, in its two largest units: 3 s, 4 min 5 s, 2 h 10 min, 3 d 4 h. */
export function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const
  const first = units.findIndex(([size]) => seconds >= size)
  if (first < 0) return '0 s'
  let left = seconds
  const parts = units.slice(first, first + 2).flatMap(([size, unit]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return count > 0 ? [`${count} ${unit}`] : []
  })
  return parts.join(' ')
}

/** Text from a stranger without what could steer a terminal or hide other text. Line ends and tabs stay where `lines` is set. */
export function harmless(text: string, lines = false): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) =>
    lines && (one === '\n' || one === '\t') ? one : '\u{fffd}'
  )
}
