/**
 * The process of one subject in one workload: opens a session, runs what it is told to, ends when its parent lets go of it.
 * Not here: the far end of a connection (`server.mjs`).
 */
import { loadWorkload } from './workloads.mjs'

const [workload, subject] = process.argv.slice(2)

try {
  const { open } = await loadWorkload(workload)
  const session = await open(subject)
  process.on('message', ({ variant }) => {
    session.run(variant).then((value) => process.send({ value }), report)
  })
  process.on('disconnect', () => {
    session.close().then(
      () => process.exit(),
      () => process.exit(1)
    )
  })
  process.send({ value: undefined })
} catch (error) {
  report(error)
}

function report(error) {
  process.send({ error: `${workload}, ${subject}: ${error?.stack ?? error}` })
}
