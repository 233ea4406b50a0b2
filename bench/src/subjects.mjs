/**
 * The list of subjects that connect two processes. Each module exports `serve(workload)` → address, and the client's side: `openEcho(address)`,
 * `openBulk(address)`, `openConnector(address)`.
 */

/** Names of the subjects, in the order in which they take turns. */
export const subjectNames = ['mydht', 'tls', 'tcp']

/** The module of a subject. */
export function loadSubject(name) {
  return import(`./subjects/${name}.mjs`)
}
