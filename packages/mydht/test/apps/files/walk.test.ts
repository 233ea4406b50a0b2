/** Finding what is shared, where files change under it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { hashFile } from '../../../src/apps/files/disk/shared-file.ts'
import { walk } from '../../../src/apps/files/disk/walk.ts'
import { temporary } from './net.ts'

test(
  'a known file in whose place a pipe stands is skipped, and nobody waits for the other end of the pipe',
  { skip: process.platform === 'win32' && 'Windows has no named pipes in folders' },
  async (t) => {
    const folder = await temporary(t)
    const { signal } = new AbortController()
    const file = path.join(folder, 'file')
    const pipe = path.join(folder, 'pipe')
    await writeFile(file, 'hello')
    execFileSync('mkfifo', [pipe])
    const known = { ...(await hashFile(file, signal)), path: pipe }
    const walked = await walk([file], { maxFiles: 5, maxDepth: 1, known: () => known, signal })
    assert.deepEqual(walked, { files: [], skipped: 1 })
  }
)
