/** @module test/refusals: folders that a store does not open, each with its reason, and as they were afterwards. */
import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ClassicLevel } from 'classic-level'
import { MyDhtError, realise, systemClock, type ErrorCode } from 'mydht'
import { classic, level } from 'mydht-level'
import { freshFolder, keysOf, open } from './folder.ts'

const is =
  (code: ErrorCode, said: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(MyDhtError.is(error, code), String(error))
    assert.match(error.message, said)
    return true
  }

/** A folder with a closed store of 2000 records, its files sorted by LevelDB, not only logged. */
async function filled(): Promise<{ readonly folder: string; readonly inside: string }> {
  const folder = freshFolder()
  const store = await open({ folder, backend: classic({ writeBufferBytes: 65_536 }) })
  for (const [i, key] of keysOf(2000).entries()) {
    store.put(key, new Uint8Array(100).fill(i & 255), Infinity)
    if (i % 200 === 0) await store.flush()
  }
  await store.close()
  return { folder, inside: path.join(folder, 'records') }
}

/** Name and bytes of what matters in a folder: not the lock, not LevelDB's diary. */
function contentOf(folder: string): string {
  return readdirSync(folder)
    .filter((name) => !/^LO(CK|G)/.test(name))
    .map((name) => `${name} ${readFileSync(path.join(folder, name)).toString('base64')}`)
    .join('\n')
}

function changeByte(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 0x40
  writeFileSync(file, bytes)
}

/** Opens, and reads the whole index. */
async function openWhole(folder: string): Promise<void> {
  const store = await open({ folder })
  try {
    await store.loaded
  } finally {
    await store.close()
  }
}

test('options that cannot be are refused before anything is made', () => {
  const make = (options: object) => () => realise(level({ folder: '/nowhere', ...options }))
  assert.throws(make({ folder: '' }), is('MYDHT_BAD_CONFIG', /folder/))
  assert.throws(make({ namespace: '../up' }), is('MYDHT_BAD_CONFIG', /namespace/))
  assert.throws(make({ maxRecords: 0 }), is('MYDHT_BAD_CONFIG', /maxRecords/))
  assert.throws(make({ maxBytes: 1.5 }), is('MYDHT_BAD_CONFIG', /maxBytes/))
  assert.throws(make({ lockWaitMs: -1 }), is('MYDHT_BAD_CONFIG', /lockWaitMs/))
})

test('a folder that another store has open is locked; another namespace in it is not', async () => {
  const folder = freshFolder()
  const first = await open({ folder })
  await assert.rejects(open({ folder }), is('MYDHT_STORE_LOCKED', /open already/))
  const other = await open({ folder, namespace: 'peers' })
  await other.close()
  first.put('a', Uint8Array.of(1), Infinity)
  await first.close()
  await openWhole(folder)
})

test('opening waits for a holder that is about to close', async () => {
  const folder = freshFolder()
  const first = await open({ folder })
  first.put('a', Uint8Array.of(1), Infinity)
  const second = realise(level({ folder, lockWaitMs: 60_000 }))({ clock: systemClock })
  await first.close()
  const store = await second
  assert.ok(store.get('a'))
  await store.close()
})

test('a folder that may not be read, and one where a file is, are told as the system tells it', async () => {
  const folder = freshFolder()
  writeFileSync(path.join(folder, 'records'), 'a file')
  await assert.rejects(open({ folder }), is('MYDHT_STORE_FAILED', /EEXIST|ENOTDIR/))
  assert.equal(readFileSync(path.join(folder, 'records'), 'utf8'), 'a file')
  if (process.getuid?.() === 0) return
  const closed = freshFolder()
  chmodSync(closed, 0o500)
  await assert.rejects(open({ folder: closed }), is('MYDHT_STORE_FAILED', /EACCES/))
})

test('a folder with other files, and a database of somebody else, are left alone', async () => {
  const folder = freshFolder()
  const inside = path.join(folder, 'records')
  const theirs = new ClassicLevel(inside)
  await theirs.put('their key', 'their value')
  await theirs.close()
  await assert.rejects(open({ folder }), is('MYDHT_BAD_CONFIG', /none of ours/))
  writeFileSync(path.join(inside, 'diary.txt'), 'mine')
  await assert.rejects(open({ folder }), is('MYDHT_BAD_CONFIG', /diary\.txt/))
  rmSync(path.join(inside, 'diary.txt'))
  const back = new ClassicLevel(inside)
  assert.equal(await back.get('their key'), 'their value')
  await back.close()
})

test('a lost CURRENT is damage, where LevelDB itself would begin anew and take the rest away', async () => {
  const { folder, inside } = await filled()
  rmSync(path.join(inside, 'CURRENT'))
  const before = contentOf(inside)
  await assert.rejects(open({ folder }), is('MYDHT_STORE_DAMAGED', /CURRENT/))
  assert.equal(contentOf(inside), before)
})

test('a lost or changed manifest, a lost table and a changed table are damage, and stay as they are', async () => {
  for (const spoil of ['lose MANIFEST', 'change MANIFEST', 'lose ldb', 'change ldb'] as const) {
    const { folder, inside } = await filled()
    const [how, what] = spoil.split(' ')
    const name = readdirSync(inside).find((each) =>
      what === 'ldb' ? each.endsWith('.ldb') : each.startsWith('MANIFEST')
    )
    assert.ok(name, spoil)
    const file = path.join(inside, name)
    if (how === 'lose') rmSync(file)
    else changeByte(file, 20)
    await assert.rejects(openWhole(folder), is('MYDHT_STORE_DAMAGED', /damaged/), spoil)
    if (how === 'lose') assert.throws(() => readFileSync(file), spoil)
    const twice = await openWhole(folder).then(
      () => 'opened',
      (error: unknown) => (MyDhtError.is(error) ? error.code : String(error))
    )
    assert.equal(twice, 'MYDHT_STORE_DAMAGED', spoil)
  }
})

test('a batch that is lost from the middle of the log is damage: LevelDB itself would pass over it', async () => {
  const folder = freshFolder()
  const store = await open({ folder })
  for (const [i, key] of keysOf(40).entries()) {
    store.put(key, new Uint8Array(2000).fill(i), Infinity)
    await store.flush()
  }
  await store.close()
  const inside = path.join(folder, 'records')
  const log = readdirSync(inside).find((name) => name.endsWith('.log'))
  assert.ok(log)
  changeByte(path.join(inside, log), 40_000)
  await assert.rejects(openWhole(folder), is('MYDHT_STORE_DAMAGED', /damaged/))
})

test('a record that changed on disk is never given out: the store says that it is damaged, then and from then on', async () => {
  const folder = freshFolder()
  const store = await open({ folder })
  store.put('a', Uint8Array.of(1, 2, 3), Infinity)
  await store.close()
  const below = new ClassicLevel<string, Uint8Array>(path.join(folder, 'records'), { valueEncoding: 'view' })
  const value = await below.get('a')
  assert.ok(value)
  const bad = value.slice()
  bad[13] = (bad[13] ?? 0) ^ 1
  await below.put('a', bad)
  await below.close()
  const again = await open({ folder })
  const damaged = is('MYDHT_STORE_DAMAGED', /damaged/)
  await assert.rejects(async () => again.loaded, damaged)
  assert.throws(() => again.get('a'), damaged)
  assert.throws(() => again.put('b', Uint8Array.of(1), Infinity), damaged)
  await assert.rejects(again.flush(), damaged)
  await again.close()
})

test('a folder whose first opening was killed before anything was in it is begun again', async () => {
  const folder = freshFolder()
  const store = await open({ folder })
  await store.close()
  const inside = path.join(folder, 'records')
  for (const name of readdirSync(inside)) if (/CURRENT|\.log$/.test(name)) rmSync(path.join(inside, name))
  const again = await open({ folder })
  again.put('a', Uint8Array.of(1), Infinity)
  await again.close()
  await openWhole(folder)
})
