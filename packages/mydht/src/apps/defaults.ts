/**
 * @module apps/defaults
 * Bounds that apps share, each with its reason.
 */

/** The longest body: a value of 64 KiB and what surrounds it. In bytes. */
export const maxBodyBytes: number = 65_536 + 1024

/** Nesting of a body: our own need 2. */
export const maxBodyDepth = 8

/** Values in a body: our own need fewer than 32. */
export const maxBodyItems = 1024

/** Requests of one app that may wait for their responses: at 1 KiB each, 16 MiB. */
export const maxRequests = 16_384

/** A request waits that long: twice a slow round trip with a retransmission. In milliseconds. */
export const requestTimeoutMs = 5000

/** Deadlines are looked at this often at the most: a request may end that much late, and thousands share one timer. In milliseconds. */
export const deadlineGrainMs = 25

/** We are near to a key while at most this part of the wanted number of holders is nearer, as far as we know: views of a neighbourhood differ by a few. */
export const nearShare = 1.5
