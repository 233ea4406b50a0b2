/**
 * @module errors
 * The one error class of MyDHT and the list of its codes. Not here: outcomes with counts (partial success is no error)
 * and results of decoding hostile bytes (those are values, see `wire/decoded.ts`).
 */

/**
 * Every code an error of MyDHT can carry. `docs/ERRORS.md` has a heading for each, with what to do next.
 * The list is append-only: programs compare against these literals.
 */
export type ErrorCode =
  // configuration and use
  | 'MYDHT_BAD_CONFIG'
  | 'MYDHT_BAD_ARGUMENT'
  | 'MYDHT_BAD_ADDRESS'
  | 'MYDHT_CLOSED'
  | 'MYDHT_KEY_FILE'
  // waiting
  | 'MYDHT_TIMEOUT'
  | 'MYDHT_FULL'
  // services
  | 'MYDHT_SERVICE_FAILED'
  | 'MYDHT_SERVICE_ENDED'
  | 'MYDHT_SERVICE_OVERFLOW'
  | 'MYDHT_NO_REPLY'
  // connections
  | 'MYDHT_CONNECT_FAILED'
  | 'MYDHT_CONNECTION_CLOSED'
  | 'MYDHT_TRUNCATED'
  | 'MYDHT_REFUSED'
  | 'MYDHT_WRONG_PROTOCOL'
  | 'MYDHT_WRONG_VERSION'
  | 'MYDHT_WRONG_NETWORK'
  | 'MYDHT_WRONG_SHADOW'
  | 'MYDHT_WRONG_ENCODING'
  | 'MYDHT_WRONG_MODE'
  | 'MYDHT_WRONG_PEER'
  | 'MYDHT_SHADOW_FAILED'
  | 'MYDHT_BAD_SIGNATURE'
  | 'MYDHT_BAD_MESSAGE'
  | 'MYDHT_LIMIT'
  | 'MYDHT_SELF'
  // queries and apps
  | 'MYDHT_NOT_CONNECTED'
  | 'MYDHT_BUSY'
  | 'MYDHT_INVALID_RECORD'
  | 'MYDHT_OUTDATED'
  | 'MYDHT_BAD_FILE'
  | 'MYDHT_NOT_FOUND'
  | 'MYDHT_REMOTE'
  // stores on disk
  | 'MYDHT_STORE_LOCKED'
  | 'MYDHT_STORE_DAMAGED'
  | 'MYDHT_STORE_FAILED'

const brand = Symbol.for('mydht.error')

/** What an error may carry besides its sentence: the cause and plain facts for a program to read. */
export interface ErrorOptions {
  readonly cause?: unknown
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * The error of MyDHT: a literal `code` for programs, and a message for people that says what was got and what to do next.
 *
 * @example
 * try { await node.connect(address) } catch (error) {
 *   if (MyDhtError.is(error, 'MYDHT_WRONG_NETWORK')) console.error(error.message)
 *   else throw error
 * }
 */
export class MyDhtError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MyDhtError'
    this.code = code
    this.details = options.details ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  /** Whether `error` is a MyDhtError (of that code, where one is given), even one made by another copy of this package. */
  static is(error: unknown, code?: ErrorCode): error is MyDhtError {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false
    return code === undefined || ('code' in error && error.code === code)
  }
}

/** Makes a MyDhtError out of anything thrown, keeping it as the cause; a MyDhtError comes back as it is. */
export function toMyDhtError(thrown: unknown, code: ErrorCode, context: string): MyDhtError {
  if (MyDhtError.is(thrown)) return thrown
  const said = thrown instanceof Error ? thrown.message : String(thrown)
  return new MyDhtError(code, `${context}: ${said}`, { cause: thrown })
}
