/**
 * @module peers/ask-accept
 * Asks the accept hook so that nothing it does can hurt: a throw, a rejection or a malformed answer refuses, and is logged. Not here: its deadline.
 */
import type { Log } from '../log.ts'
import { acceptFailed, judgementOf, type AcceptHook, type Candidate, type Judgement } from './accept.ts'

/** Asks. Gives the judgement, or undefined when the hook takes its time: then `later` is called with it, once, on another stack. */
export function askAccept(
  hook: AcceptHook,
  candidate: Candidate,
  log: Log,
  later: (judgement: Judgement) => void
): Judgement | undefined {
  const failed = (thrown: unknown): Judgement => {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    log('error', 'accept-hook-failed', { host: candidate.remoteHost, message })
    return acceptFailed
  }
  const judge = (verdict: unknown): Judgement =>
    judgementOf(verdict) ??
    failed('it gave no verdict: return true, false, { accepted: true, priority } or { accepted: false, code }')
  try {
    const verdict = hook(candidate)
    if (!isPromise(verdict)) return judge(verdict)
    verdict.then(
      (answer) => later(judge(answer)),
      (thrown: unknown) => later(failed(thrown))
    )
    return undefined
  } catch (thrown) {
    return failed(thrown)
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
