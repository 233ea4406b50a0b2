/**
 * @module shadows/defaults
 * The constants of the shadows, each with its reason. Those marked "wire" are the same for everybody: changing one changes the protocol.
 */

/** Wire. The longest handshake message: nobody makes us hold more than this before they have proved who they are. */
export const maxHandshakeMessageBytes = 2048

/** Wire. The longest sealed record: its length travels as u16. */
export const maxRecordBytes = 65_535

/** Wire. Records after which a direction changes its key (Noise REKEY): bounds what a stolen key opens to some 64 GiB. */
export const rekeyAfterRecords: number = 2 ** 20

/** Wire. Passes of Argon2id over a passphrase: the second recommendation of RFC 9106 section 4. Some 90 ms here, once per node. */
export const passphrasePasses = 3

/** Wire. Memory of Argon2id: the second recommendation of RFC 9106 section 4, which a phone or a small server can spare. */
export const passphraseMemoryBytes: number = 64 * 1024 * 1024

/** The shortest passphrase. One recorded message 1 is enough to try guesses at home, so a short one is no secret. */
export const minPassphraseLetters = 12
