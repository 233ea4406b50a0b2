/** @module test/apps/crossing/files.test — the files app's service as bytes and back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppCommand, AppEvent, AppInit } from '../../../src/apps/app.ts'
import { filesGlobal, type FilesOwn } from '../../../src/apps/files/global.ts'
import { parseFileId } from '../../../src/apps/files/manifest.ts'
import type { FilesCall, FilesOptions, FilesReply } from '../../../src/apps/files/protocol.ts'
import { encodeId } from '../../../src/identity/id-text.ts'
import { seededRandom } from '../../../src/random.ts'
import { crossingSuite } from '../../../src/testing/crossing-suite.ts'
import { appCommands, appEvents, sampleInit, samplePeer } from '../../helpers/app-samples.ts'

const random = seededRandom(1)
const from = samplePeer(random).id
const id = parseFileId(encodeId(random.bytes(32)))
assert.ok(id)
const calls: readonly FilesCall[] = [
  { type: 'share', paths: ['/a', 'ü'] },
  { type: 'list' },
  { type: 'find', text: 'x', part: true, ask: { local: true } },
  { type: 'providers', id, ask: {} },
  { type: 'fetch', id, into: '/x', name: undefined, maxBytes: 2 ** 40, progress: true, ask: { results: 4 } },
  { type: 'stats' },
]
const replies: readonly FilesReply[] = [
  { type: 'shared', files: 1, bytes: 2 ** 41, skipped: 0 },
  { type: 'listed', files: [{ id, name: 'n', path: '/p', bytes: 0 }] },
  { type: 'found', id, name: 'n', size: 3, from, hops: 1 },
  { type: 'progress', bytes: 1, size: 2, from },
  { type: 'fetched', path: '/p', bytes: 1, from, hops: 1, resumedBytes: 0 },
]

crossingSuite<AppInit<FilesOptions>, AppCommand<FilesCall, FilesOwn>, AppEvent<FilesReply>>({
  test,
  definition: filesGlobal,
  samples: {
    init: () => [sampleInit({}), sampleInit({ share: ['/a'], into: '/b', limits: { maxFiles: 3 } })],
    command: () => appCommands<FilesCall, FilesOwn>(calls, ['settled']),
    event: () => appEvents(replies),
  },
})
