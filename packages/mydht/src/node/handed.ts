/**
 * @module node/handed
 * Values of programs and of apps on their way to a service elsewhere: one that no bytes can be made of is its owner's mistake, and must not take the main loop
 * down. Services themselves never throw at whoever sends to them, codecs do.
 */

/** What a codec said of a value that it refused, for people. Throws on whatever else was thrown. */
export function codecSaid(thrown: unknown): string {
  if (thrown instanceof TypeError) return thrown.message
  throw thrown
}
