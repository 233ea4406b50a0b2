import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { readKeyFile, readOrCreateKeyFile } from '../../src/identity/key-file.ts'
import { seededRandom, systemRandom } from '../../src/random.ts'

const directory = await mkdtemp(join(tmpdir(), 'mydht-key-'))
after(() => rm(directory, { recursive: true }))

const refused = (advice: RegExp) => (error: unknown) =>
  MyDhtError.is(error, 'MYDHT_KEY_FILE') && advice.test(error.message)

test('wrong content is refused, never replaced', async () => {
  const good = await readFile(await made('good'), 'latin1')
  const bad = [
    '',
    'x',
    good.slice(0, -1),
    `${good}\n`,
    good.toUpperCase(),
    good.replace('key-1', 'key-2'),
    good.slice(0, -3) + '!!\n',
    'x'.repeat(good.length),
  ]
  for (const [i, text] of bad.entries()) {
    const path = join(directory, `bad-${i}`)
    await writeFile(path, text, { mode: 0o600 })
    await assert.rejects(readOrCreateKeyFile(path, systemRandom), refused(/another path/))
    assert.equal(await readFile(path, 'latin1'), text)
  }
})

test('a file that others may use is refused, with the command that helps', async () => {
  const path = await made('open')
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    await chmod(path, mode)
    await assert.rejects(readOrCreateKeyFile(path, systemRandom), refused(/chmod 600/))
  }
})

test('a directory, and a path that cannot be made, are refused', async () => {
  await assert.rejects(readOrCreateKeyFile(directory, systemRandom), refused(/key file/))
  const under = join(await made('file'), 'below')
  await assert.rejects(readOrCreateKeyFile(under, systemRandom), refused(/key file/))
})

test('a key is made once, for its owner only, and read from then on', async () => {
  const path = join(directory, 'new', 'folder', 'key')
  assert.equal(await readKeyFile(path), undefined)
  const seed = await readOrCreateKeyFile(path, systemRandom)
  assert.equal(seed.length, 32)
  assert.deepEqual(await readOrCreateKeyFile(path, systemRandom), seed)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await stat(join(directory, 'new', 'folder'))).mode & 0o777, 0o700)
  assert.deepEqual(await readdir(join(directory, 'new', 'folder')), ['key'])
})

test('of many that start at once all get the same key', async () => {
  const path = join(directory, 'race', 'key')
  const seeds = await Promise.all(Array.from({ length: 12 }, (_, i) => readOrCreateKeyFile(path, seededRandom(i))))
  for (const seed of seeds) assert.deepEqual(seed, seeds[0])
  assert.deepEqual(await readdir(join(directory, 'race')), ['key'])
})

async function made(name: string): Promise<string> {
  const path = join(directory, name)
  await readOrCreateKeyFile(path, systemRandom)
  return path
}
