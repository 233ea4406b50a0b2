/**
 * @module service/spawners/turn-budget
 * How much one turn may do: a number of commands, and milliseconds by a clock that is read seldom while commands are short. Not here: what is
 * done in a turn (`turns.ts`).
 */
import type { Clock } from '../../clock.ts'

/** Most commands between two looks at the clock, which costs as much as a short command: so it is a thirtieth, and a sudden slowness is seen after 32. */
const MAX_STRIDE = 32

/** Share of a turn within which the commands since the last look must have been done for twice as many to go before the next. */
const QUICK = 1 / 16

/** Share of a turn that short commands cannot take between two looks. */
const JUMP = 1 / 2

/** The budget of a service's turns, one after another. */
export class TurnBudget {
  private readonly clock: Clock
  private readonly commands: number
  private readonly ms: number
  private left = 0
  private endMs = 0
  private lookedMs = 0
  private stride = 1
  private untilLook = 0

  constructor(clock: Clock, commands: number, ms: number) {
    this.clock = clock
    this.commands = commands
    this.ms = ms
  }

  /** A turn begins; its first command is always within the budget. How long commands take is known from the last one. */
  begin(): void {
    this.left = this.commands
    this.lookedMs = this.clock.monotonicMs()
    this.endMs = this.lookedMs + this.ms
    this.untilLook = this.stride
  }

  /** Takes one command from the budget. False: the turn is over. */
  take(): boolean {
    if (this.left <= 0 || (this.untilLook <= 0 && !this.look())) return false
    this.left--
    this.untilLook--
    return true
  }

  /** Takes as many commands as may be done without a look at the clock between them. 0: the turn is over. */
  takeSome(): number {
    if (this.left <= 0 || (this.untilLook <= 0 && !this.look())) return 0
    const some = Math.min(this.left, this.untilLook)
    this.left -= some
    this.untilLook -= some
    return some
  }

  /** Gives back what was taken and not used. */
  giveBack(unused: number): void {
    this.left += unused
    this.untilLook += unused
  }

  private look(): boolean {
    const nowMs = this.clock.monotonicMs()
    if (this.stride > 1 && nowMs - this.lookedMs >= this.ms * JUMP) {
      // Commands were short until now: the machine had something else to do, most likely. The next command alone will tell.
      this.endMs = nowMs + this.ms
      this.stride = 1
      this.untilLook = 1
      this.lookedMs = nowMs
      return true
    }
    if (nowMs >= this.endMs) return false
    const quick = nowMs - this.lookedMs <= this.ms * QUICK
    this.stride = quick ? Math.min(2 * this.stride, MAX_STRIDE) : 1
    this.untilLook = this.stride
    this.lookedMs = nowMs
    return true
  }
}
