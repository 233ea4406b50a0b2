import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { TurnBudget } from '../../src/service/spawners/turn-budget.ts'

/** A budget of `commands` and 10 ms on a clock that moves as told, and how often it was looked at. */
function budgetOf(commands: number): { budget: TurnBudget; pass: (ms: number) => void; looks: () => number } {
  let nowMs = 0
  let looks = 0
  const monotonicMs = (): number => {
    looks++
    return nowMs
  }
  const budget = new TurnBudget({ ...systemClock, monotonicMs }, commands, 10)
  budget.begin()
  return { budget, pass: (ms) => (nowMs += ms), looks: () => looks }
}

/** How many commands of `ms` each fit into what is left of the turn. */
function fit(budget: TurnBudget, pass: (ms: number) => void, ms: number): number {
  let count = 0
  while (budget.take()) {
    pass(ms)
    count++
  }
  return count
}

test('no command starts after the turn, where each takes a good part of it', () => {
  for (const [ms, count] of [
    [30, 1],
    [10, 1],
    [4, 3],
    [1, 10],
  ] as const) {
    const { budget, pass } = budgetOf(1000)
    assert.equal(fit(budget, pass, ms), count, `${ms} ms each`)
  }
})

test('the number of commands is a bound of its own, and what was not used is given back', () => {
  const { budget, pass } = budgetOf(100)
  const some = budget.takeSome()
  budget.giveBack(some)
  assert.equal(fit(budget, pass, 0), 100)
  assert.equal(budget.takeSome(), 0)
})

test('short commands cost a look at the clock for 32 of them, and end with the turn all the same', () => {
  const { budget, pass, looks } = budgetOf(100_000)
  const count = fit(budget, pass, 0.001)
  assert.ok(count >= 10_000 && count <= 10_032, `${count}`)
  assert.ok(looks() <= count / 32 + 10, `${looks()} looks`)
})

test('a command that is suddenly slow is followed by one at most before the turn ends', () => {
  const { budget, pass } = budgetOf(100_000)
  for (let i = 0; i < 1000; i++) {
    assert.ok(budget.take())
    pass(0.001)
  }
  const slow = fit(budget, pass, 20)
  assert.ok(slow <= 33, `${slow} of them: a stride that was taken, and one`)
})

test('a pause that was the machine’s does not end the turn of short commands', () => {
  const { budget, pass } = budgetOf(2000)
  for (let i = 0; i < 1000; i++) {
    assert.ok(budget.take())
    pass(0.001)
  }
  pass(50)
  assert.equal(fit(budget, pass, 0.001), 1000)
})
