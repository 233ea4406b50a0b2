/**
 * The process at the far end of a subject's connections: starts the server that the workload needs, says its address, ends when its parent
 * lets go of it.
 */
import { loadSubject } from './subjects.mjs'

const [workload, subject] = process.argv.slice(2)

try {
  const { serve } = await loadSubject(subject)
  const address = await serve(workload)
  process.on('disconnect', () => process.exit())
  process.send({ value: address })
} catch (error) {
  process.send({ error: `${workload}, server of ${subject}: ${error?.stack ?? error}` })
}
