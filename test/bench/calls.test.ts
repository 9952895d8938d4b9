import { afterAll, beforeAll, expect, it } from 'vitest'
import { countCalls, type Step } from '../../bench/calls.ts'
import { type House, openHouse } from '../house.ts'

let house: House
let steps: Step[]
beforeAll(async () => {
  house = await openHouse()
  steps = await countCalls(house)
})
afterAll(() => house.close())

// A call to DynamoDB costs more than all else that a step does. One more needs a reason better than convenience.
it.each([
  ['authorize with a session', 2],
  ['code → tokens', 3],
  ['code → tokens, with a refresh token', 3],
  ['refresh', 2],
  ['userinfo', 2],
  ['userinfo, the first in five minutes', 2],
  ['client credentials', 2],
  ['authorize, a new login', 2],
  ['a page of it', 2],
  ['the user name', 3],
  ["the key's answer", 3],
  ["the key's answer, no user name", 3],
  ['a password', 4],
  ['activation: send the code', 3],
  ['activation: the code', 3],
  ['activation: the ceremony', 3],
  ['activation: the nickname', 3],
  ['whole FIDO sign-in, no user name', 8],
  ['whole FIDO sign-in, user name first', 13],
  // One to count the keys that the user has.
  ['import, raw', 4],
  ['jwks', 1],
  ['discovery', 1],
])('%s asks DynamoDB no more than %d times', (name, most) => {
  const step = steps.find((each) => each.step === name)
  expect(step, `of ${steps.map((each) => each.step).join(', ')}`).toBeDefined()
  expect(step?.calls, step?.commands).toBeLessThanOrEqual(most)
})
