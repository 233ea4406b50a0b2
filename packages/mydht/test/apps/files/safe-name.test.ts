import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxSafeNameBytes, numbered, safeName } from '../../../src/apps/files/safe-name.ts'

const cases: readonly (readonly [string, string])[] = [
  ['song.ogg', 'song.ogg'],
  ['Größe 日本語 🎵.txt', 'Größe 日本語 🎵.txt'],
  ['../../etc/passwd', 'passwd'],
  ['/etc/passwd', 'passwd'],
  ['C:\\Windows\\system32\\evil.dll', 'evil.dll'],
  ['..\\..\\evil', 'evil'],
  ['..', 'fallback'],
  ['.', 'fallback'],
  ['', 'fallback'],
  ['   ', 'fallback'],
  ['folder/', 'fallback'],
  ['.bashrc', 'bashrc'],
  ['...hidden', 'hidden'],
  ['a\u0000b.txt', 'a_b.txt'],
  ['a\nb\u001b[31m', 'a_b_[31m'],
  ['a:b', 'a_b'],
  ['what?*<>|"', 'what______'],
  ['CON', '_CON'],
  ['con.txt', '_con.txt'],
  ['Aux .tar.gz', '_Aux .tar.gz'],
  ['COM1', '_COM1'],
  ['lpt9.log', '_lpt9.log'],
  ['COM\u00b9', '_COM\u00b9'],
  ['console.txt', 'console.txt'],
  ['ends with dot.', 'ends with dot'],
  ['ends with space ', 'ends with space'],
  ['evil\u202egpj.exe', 'evilgpj.exe'],
  ['e\u0301', 'é'],
  ['\ud800broken', '\ufffdbroken'],
  ['nul', '_nul'],
]

for (const [name, safe] of cases) {
  test(`the name ${JSON.stringify(name)} becomes ${JSON.stringify(safe)}`, () => {
    assert.equal(safeName(name, 'fallback'), safe)
  })
}

test('a very long name is cut, with its ending, and without cutting a letter', () => {
  const long = safeName(`${'日'.repeat(300)}.ogg`, 'fallback')
  assert.ok(Buffer.byteLength(long) <= maxSafeNameBytes)
  assert.match(long, /^日+\.ogg$/)
  assert.equal(Buffer.byteLength(safeName('x'.repeat(5000), 'fallback')), maxSafeNameBytes)
})

test('any name: what comes out is one plain name, and making it safe again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      const safe = safeName(name, 'fallback')
      assert.equal(path.posix.basename(safe), safe)
      assert.equal(path.win32.basename(safe), safe)
      assert.ok(safe !== '' && safe !== '.' && safe !== '..' && Buffer.byteLength(safe) <= maxSafeNameBytes)
      assert.equal(safeName(safe, 'fallback'), safe)
    }),
    { numRuns: 1000 }
  )
})

test('a number goes before the ending', () => {
  assert.deepEqual([numbered('a.txt', 2), numbered('a', 3), numbered('.a', 2)], ['a (2).txt', 'a (3)', '.a (2)'])
})
