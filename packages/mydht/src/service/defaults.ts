/**
 * @module service/defaults
 * The defaults of the service layer, each with its reason. Not here: what a node chooses for its own services.
 */

/** Commands that may wait for one service: a few milliseconds of work at a few microseconds each, and under 10 KiB of references. */
export const QUEUE_LIMIT = 1024

/** Events that may wait for a destination that is full before commands are held back. A burst, not a second queue. */
export const OUTBOX_LIMIT = 256

/** Milliseconds until a call rejects: as in Erlang's `gen_server:call`. */
export const CALL_TIMEOUT_MS = 5000

/** Milliseconds that `close()` waits for a command under way and for the service's own `close`: as OTP's default shutdown of a worker. */
export const CLOSE_TIMEOUT_MS = 5000

/** Milliseconds until a destination that said `drained` and refused again is asked once more: the shortest real timer. */
export const RETRY_MS = 1

/** Commands per turn. The queue's bound is four turns, so a full queue still lets others in three times. */
export const TURN_COMMANDS = 256

/** Milliseconds per turn: short enough that ten busy services leave sockets served every 50 ms or so. */
export const TURN_MS = 5

/** First delay before a failed service is restarted. Its double follows, then the double of that. */
export const RESTART_FIRST_DELAY_MS = 100

/** The longest delay before a restart: somebody watching should see it come back. */
export const RESTART_MAX_DELAY_MS = 10_000

/** Restarts within the window before a supervisor gives up. OTP says 1 in 5 s, but it restarts without delay; with back-off 5 take about 3 s. */
export const MAX_RESTARTS = 5

/** The window that restarts are counted in. Longer than all delays of `MAX_RESTARTS` together, or giving up could never happen. */
export const RESTART_WINDOW_MS = 60_000

/** Commands that may be on their way to a thread or process, or wait there: four turns in flight keep both ends busy at 4 M/s. */
export const REMOTE_QUEUE_LIMIT = 4096

/** Events on their way back before commands are held; one `handle` may emit twice as many. As many as commands: echoes then flow freely. */
export const REMOTE_OUTBOX_LIMIT = 4096

/** Commands per turn where a batch brings hundreds at once: the milliseconds of a turn are the budget, this only bounds a stopped clock. */
export const REMOTE_TURN_COMMANDS = 1024

/** Bytes after which a batch does not wait for the end of the turn: larger ones measured no faster, and delay the first frame. 64 KiB less room for the frame that ends it. */
export const BATCH_BYTES = 61_440

/** Milliseconds that acknowledgements and credit may wait for a batch to go with, while less than half of a window is due: the shortest real timer. */
export const QUIET_MS = 1

/** Commands that may be on a direct way and not acknowledged: as many as a batch or four, so that neither end waits for the other. */
export const DIRECT_WINDOW = 1024

/** Bytes that may be on a direct way and not acknowledged; they are kept as copies until then. */
export const DIRECT_BYTES = 1_048_576

/** Milliseconds that a thread or process gets beyond `closeTimeoutMs` to say how its service ended, and a process to exit. */
export const REMOTE_GRACE_MS = 500

/** Milliseconds that a thread or process may take to start before `stuckMs` counts: 70 to 125 on an idle machine, seconds on one with much else to do. */
export const START_MS = 10_000

/** Dead instances of a shared worker whose late events are still counted: a memory of names, so it is bounded. */
export const REMEMBERED_DEAD = 1024
