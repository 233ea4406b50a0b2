/**
 * @module log
 * The log as a part: one function. Not here: where lines go (the program that makes the node decides).
 */

/** How much a line matters: `debug` for tracing, `info` for life cycle, `warn` for refused input, `error` for a failed service. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Writes one line: an event's name in kebab-case and plain facts. It must not throw and must not keep `details`. */
export type Log = (level: LogLevel, event: string, details?: Readonly<Record<string, unknown>>) => void

/** The default log: says nothing. */
export const silent: Log = () => {}
