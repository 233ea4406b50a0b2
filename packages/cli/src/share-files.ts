/**
 * @module share-files
 * Sharing files from a node that runs, and saying which ids they have.
 */
import type { CliNode } from './apps.ts'
import { usageError } from './output.ts'
import type { Output } from './output.ts'
import { bytesText, harmless } from './text.ts'

/** Shares the files at and below these paths, and prints the id of each. Rejects with MYDHT_BAD_FILE and its kin, with a usage error when there is none, or when the signal aborts. */
export async function shareFiles(
  output: Output,
  node: CliNode,
  paths: readonly string[],
  signal: AbortSignal
): Promise<void> {
  const progress = await output.progress()
  try {
    progress.update('reading files')
    const { files, bytes, skipped } = await node.files.share(paths, { signal })
    progress.done()
    const leftOut = skipped > 0 ? `; ${skipped} left out: links, devices, or not readable` : ''
    if (files === 0) throw usageError(`there is no file to share in ${paths.join(', ')}${leftOut}`)
    const list = await node.files.list()
    for (const { id, bytes: size, name } of list) output.text(`sharing ${id}  ${size}  ${harmless(name)}`)
    output.note(`${files} ${files === 1 ? 'file' : 'files'}, ${bytesText(bytes)}${leftOut}`)
    output.object({
      event: 'sharing',
      files: list.map(({ id, name, path, bytes: size }) => ({ id, name, path, size })),
      bytes,
      skipped,
    })
  } finally {
    progress.done()
  }
}
