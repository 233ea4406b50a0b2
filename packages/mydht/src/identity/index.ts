/**
 * @module mydht/identity
 * Who peers are: keys, signatures, PeerIds, signed PeerRecords, addresses. Not here: how peers prove it on a connection (`peers/`).
 */
export { encodeId, decodeId } from './id-text.ts'
export { parsePeerId, peerIdBytes, peerIdFromBytes, peerIdToBytes } from './peer-id.ts'
export type { PeerId } from './peer-id.ts'
export { createIdentity, isValidPeerId, signedBytes, verifySigned } from './keys.ts'
export type { Identity, SignedField, SignedStatement } from './keys.ts'
export { readKeyFile, readOrCreateKeyFile } from './key-file.ts'
export {
  createPeerRecord,
  decodePeerRecord,
  encodePeerRecord,
  newerRecord,
  nextSequence,
  verifyPeerRecord,
} from './peer-record.ts'
export type { PeerFacts, PeerRecord, VerifiedPeerRecord } from './peer-record.ts'
export { addressWithId, formatAddress, parseAddress, tryParseAddress } from './address.ts'
export type { NodeAddress } from './address.ts'
export { hostScope } from './host-scope.ts'
export type { HostScope } from './host-scope.ts'
export type { CryptoProvider, KeyPair } from './crypto/provider.ts'
