import { MyDhtError } from '../../src/errors.ts'
import type { Ended, Handle } from '../../src/service/handle.ts'
import type { Spawner, SpawnParts } from '../../src/service/spawner.ts'
import { tally, type TallyCommand, type TallyEvent } from './tally.ts'

/** What a run has counted so far, over all services. */
export interface StressCounts {
  sent: number
  refused: number
  came: number
  calls: number
  answered: number
  incarnations: number
  throws: number
  exits: number
  stuck: number
  notSent: number
  maybeHandled: number
  /** What must not be, in words. The first few only. */
  readonly wrong: string[]
}

/** What the sender of one service's incarnation knows, compared with what its service counted when it has ended. */
export class Ledger {
  readonly handle: Handle<TallyCommand, TallyEvent>
  /** Settles when its end was compared. */
  readonly compared: Promise<void>
  private readonly counts: StressCounts
  private readonly slot: number
  private readonly handledThere: () => number
  /** Sent and not yet come, in order. */
  private open: number[] = []
  private came = 0
  private lastSum = 0
  private calls = 0
  private answered = 0
  private perhaps = 0
  private readonly answers: Promise<void>[] = []

  constructor(spawner: Spawner, parts: SpawnParts, slot: number, handled: Int32Array, counts: StressCounts) {
    this.slot = slot
    this.counts = counts
    counts.incarnations++
    const before = Atomics.load(handled, slot)
    this.handledThere = () => Atomics.load(handled, slot) - before
    this.handle = spawner.spawn(tally, slot, parts, { send: (event) => this.event(event) })
    const ended = new Promise<Ended<TallyCommand>>((resolve) => this.handle.onEnd(resolve))
    this.compared = this.compare(ended)
  }

  /** Sends one command. */
  send(seq: number): void {
    if (!this.handle.send({ type: 'count', seq })) {
      this.counts.refused++
      return
    }
    this.counts.sent++
    this.open.push(seq)
  }

  /** Calls with one command. */
  call(seq: number): void {
    this.counts.calls++
    this.calls++
    this.answers.push(
      this.handle.call({ type: 'count', seq }, { timeoutMs: 600_000 }).then(
        (event) => {
          if (event.seq !== seq) this.wrong(`call ${seq} was answered with ${event.seq}`)
          this.lastSum = Math.max(this.lastSum, event.sum)
          this.answered++
          this.counts.answered++
        },
        (error: unknown) => {
          if (!(error instanceof MyDhtError)) this.wrong(`call ${seq} failed with ${String(error)}`)
          else if (error.details?.['delivered'] !== false && error.code !== 'MYDHT_FULL') this.perhaps++
        }
      )
    )
  }

  private event({ seq, sum }: TallyEvent): boolean {
    const expected = this.open.shift()
    if (seq !== expected) this.wrong(`event of ${seq} came where ${expected} was next: lost, doubled or out of order`)
    if (sum <= this.lastSum) this.wrong(`the service counted ${sum} after ${this.lastSum}`)
    this.lastSum = sum
    this.came++
    this.counts.came++
    return true
  }

  /** What was sent and did not come must be what is reported, in order; and what the service counted must lie between what came and what may have. */
  private async compare(ended: Promise<Ended<TallyCommand>>): Promise<void> {
    const { notSent, maybeHandled } = await ended
    await Promise.all(this.answers)
    const [maybe, not] = [seqs(maybeHandled), seqs(notSent)]
    this.counts.maybeHandled += maybe.length
    this.counts.notSent += not.length
    const reported = [...maybe, ...not]
    if (reported.join() !== this.open.join())
      this.wrong(
        `${this.open.length} commands did not come, ${reported.length} were reported: ${this.open.slice(0, 3).join()} … ${reported.slice(0, 3).join()}`
      )
    const [there, least] = [this.handledThere(), this.came + this.answered]
    const most = least + maybe.length + this.perhaps
    if (there < least || there > most) this.wrong(`the service handled ${there}, which should be ${least} to ${most}`)
  }

  private wrong(said: string): void {
    if (this.counts.wrong.length < 10) this.counts.wrong.push(`service ${this.slot}: ${said}`)
  }
}

function seqs(commands: readonly TallyCommand[]): number[] {
  return commands.flatMap((command) => (command.type === 'count' ? [command.seq] : []))
}
