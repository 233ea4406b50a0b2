/**
 * @module service/channels/queue
 * The bounded queue of the service layer: first in, first out, on one thread. Not here: waiting (see `waiters.ts`).
 */

const FIRST_SLOTS = 8

/** A ring that doubles its room up to its bound. Nothing is moved when an item leaves. */
export class Queue<T> {
  /** Items that wait. */
  length = 0
  readonly limit: number
  // Filled by `push`, so that an unused queue costs no slots.
  private slots: (T | undefined)[] = []
  private head = 0

  /** A queue of at most `limit` items, a whole number from 1. */
  constructor(limit: number) {
    this.limit = limit
  }

  /** Puts `item` last. False: the queue is full, `item` was not taken. */
  push(item: T): boolean {
    if (this.length === this.slots.length) {
      if (this.length >= this.limit) return false
      this.grow()
    }
    let at = this.head + this.length
    if (at >= this.slots.length) at -= this.slots.length
    this.slots[at] = item
    this.length++
    return true
  }

  /** The first item, which stays. Throws RangeError when the queue is empty: look at `length` first. */
  peek(): T {
    if (this.length === 0) throw new RangeError('the queue is empty: look at its length first')
    // Between head and head + length every slot holds an item, which may itself be undefined.
    return this.slots[this.head] as T
  }

  /** Takes the first item out. Throws RangeError when the queue is empty: look at `length` first. */
  take(): T {
    const item = this.peek()
    this.slots[this.head] = undefined
    this.head = this.head + 1 === this.slots.length ? 0 : this.head + 1
    this.length--
    return item
  }

  /** Takes all items out, first one first. */
  drain(): T[] {
    const items: T[] = []
    while (this.length > 0) items.push(this.take())
    this.slots = []
    this.head = 0
    return items
  }

  private grow(): void {
    const room = Math.min(this.limit, Math.max(FIRST_SLOTS, this.slots.length * 2))
    const slots: (T | undefined)[] = []
    for (let i = 0; i < room; i++)
      slots.push(i < this.length ? this.slots[(this.head + i) % this.slots.length] : undefined)
    this.slots = slots
    this.head = 0
  }
}
