/**
 * @module apps/files/telling
 * Has others know what we share, and keeps what they have us know: the provider records of the files app, and to whom they go. Not here: the records themselves
 * (`apps/providers/`).
 */
import { defaultLimits } from '../../queries/defaults.ts'
import type { ServiceParts } from '../../service/service.ts'
import type { AppInit } from '../app.ts'
import { nearShare } from '../defaults.ts'
import { createPlacing, type Placing } from '../providers/placing.ts'
import { createProviders, type Providers } from '../providers/providers.ts'
import type { QueryApp } from '../query-app.ts'
import type { SharedFile } from './disk/shared-file.ts'
import { parseFileId, type FileId } from './manifest.ts'
import { decodeNote, encodeNote, encodeQuestion } from './messages.ts'
import type { FilesOptions, FilesReply } from './protocol.ts'

/** What it needs of its service. */
export interface TellingInit {
  readonly init: AppInit<FilesOptions>
  readonly parts: Pick<ServiceParts<never>, 'clock' | 'log' | 'random'>
  readonly query: () => Pick<QueryApp<never, FilesReply>, 'alarm' | 'ask' | 'emit' | 'nearest' | 'propagate'>
}

/** Who is told, and who told us. */
export interface Telling {
  readonly providers: Providers
  readonly placing: Placing
  /** A file is shared from now on; undefined: no longer. */
  readonly changed: (id: FileId, file: SharedFile | undefined) => void
}

/** Makes it. */
export function createTelling({ init, parts, query }: TellingInit): Telling {
  const { options } = init
  const copies = options.replicas ?? 0
  const width = options.limits?.searchWidth ?? defaultLimits.searchWidth
  const announces = options.providers !== false && init.mode !== 'anonymous'

  const providers = createProviders({
    init,
    parts,
    options: options.providers,
    accepts: (note) => decodeNote(note) !== undefined,
    alarm: () => query().alarm,
    emit: (event) => query().emit(event),
    propagate: (spread, sent) => query().propagate(spread, sent),
    place: copies === 0 ? undefined : (key, record, told) => placing.place(key, record, told),
  })
  const placing = createPlacing({
    app: init.name,
    self: init.self,
    copies,
    near: Math.ceil(width * nearShare),
    question: idQuestion,
    ask: (id, ask) => query().ask(id, ask),
    nearest: (key, count, except, take) => query().nearest(key, count, except, take),
    send: (to, message) => query().emit({ type: 'send', to, message }),
    providers: () => providers,
    clock: parts.clock,
    misbehaved: (peer) => query().emit({ type: 'misbehaved', peer, code: 'MYDHT_INVALID_RECORD' }),
  })
  const announce = (key: FileId, { bytes, name }: SharedFile): void => {
    const note = encodeNote(bytes, name)
    providers.provide({ key, note, ttlMs: undefined, spread: undefined, isPaced: true }, (outcome) => {
      if (!outcome.ok) parts.log('debug', 'not-provided', { id: key, code: outcome.code })
    })
  }

  return {
    providers,
    placing,
    changed: (id, file) => {
      if (file === undefined) providers.withdraw(id, () => {})
      else if (announces && !providers.isProvided(id)) announce(id, file)
    },
  }
}

function idQuestion(key: string): Uint8Array {
  const id = parseFileId(key)
  if (id === undefined) throw new TypeError(`not a file's id: '${key}'`)
  return encodeQuestion({ type: 'id', id })
}
