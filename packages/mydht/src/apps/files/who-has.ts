/**
 * @module apps/files/who-has
 * Who has a file: what we answer from what we share and from what others had us keep, which answers are true, and what they say. Not here: whom we ask, and what is fetched
 * (`global.ts`, `fetches.ts`).
 */
import type { Clock } from '../../clock.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { decodePeerRecord, verifyPeerRecord } from '../../identity/peer-record.ts'
import type { EngineApp } from '../../queries/query.ts'
import type { AppInit } from '../app.ts'
import { looksLikeProvider } from '../providers/provider-record.ts'
import type { Providers } from '../providers/providers.ts'
import { fileIdToBytes, parseFileId } from './manifest.ts'
import { answers, decodeHolding, decodeNote, decodeQuestion, encodeHolding, type Holding } from './messages.ts'
import type { Shares } from './shares.ts'

/** Somebody who has a file. `cause`: who made us know it, where nobody brought it just now. */
export type Has = Holding & { readonly from: PeerId; readonly cause?: PeerId | undefined }

/** What it needs of its service. */
export interface WhoHasInit {
  readonly init: Pick<AppInit<unknown>, 'self' | 'network'>
  readonly clock: Clock
  readonly shares: Shares
  readonly providers: Providers
}

/** Who has a file. */
export interface WhoHas {
  /** For the engine: questions of others, and answers. */
  readonly app: EngineApp
  /** What a verified answer says; undefined where we know better. */
  read(answer: Uint8Array): Has | undefined
  /** Our PeerRecord: nobody could come to us without it. */
  self(record: Uint8Array): void
}

/** Makes it. */
export function createWhoHas({ init, clock, shares, providers }: WhoHasInit): WhoHas {
  let mine: Uint8Array | undefined

  const app: EngineApp = {
    accepts: (question) => decodeQuestion(question) !== undefined,
    keyOf(question) {
      const asked = decodeQuestion(question)
      return asked?.type === 'id' ? fileIdToBytes(asked.id) : undefined
    },
    lookup(question, limit, from) {
      const asked = decodeQuestion(question)
      const record = mine
      if (asked === undefined || record === undefined) return []
      // We ask for others who have a file, never for ourselves.
      const own = asked.type === 'id' && from === undefined ? [] : shares.matching(asked, limit)
      const found = own.map(({ id, bytes, name }) => encodeHolding({ record, id, bytes, name }))
      return asked.type === 'id' ? [...found, ...providers.lookup(asked.id, limit - found.length)] : found
    },
    receive: (value, from) => providers.receive(value, from) ?? 'invalid',
    verify(question, answer) {
      const asked = decodeQuestion(question)
      if (asked?.type === 'id' && looksLikeProvider(answer)) return providers.verify(asked.id, answer)
      const holding = decodeHolding(answer)
      if (!asked || !holding || !answers(asked, holding.id, holding.name)) return false
      return verifyPeerRecord(holding.record, init.network, clock.now()).ok
    },
  }

  /** Who says itself that it has a file. */
  const held = (body: Uint8Array): Has | undefined => {
    const holding = decodeHolding(body)
    const provider = holding && decodePeerRecord(holding.record)
    return holding && provider?.ok ? { ...holding, from: provider.value.id } : undefined
  }
  /** Of whom a provider record says it. */
  const provided = (body: Uint8Array): Has | undefined => {
    const known = providers.known(body)
    const note = known && decodeNote(known.note)
    const id = known && parseFileId(known.key)
    if (!note || id === undefined || known.provider === init.self) return undefined
    return { ...note, id, record: known.peerRecord, from: known.provider, cause: known.keptFor }
  }

  return {
    app,
    read: (answer) => (looksLikeProvider(answer) ? provided(answer) : held(answer)),
    self(record) {
      mine = record.slice()
    },
  }
}
