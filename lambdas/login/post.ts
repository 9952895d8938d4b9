/**
 * The beginning and the end of every post to a login's pages: the login is opened, the step is one that is due, and what
 * could not be kept because something changed meanwhile leads to the page as it is now.
 */
import type { Next } from '../../src/core/next-page.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import type { Item, Place } from '../../src/store/db.ts'
import { type Journey, type JourneyWorld, openJourney, overtaken } from './journey.ts'
import { showOver } from './show.ts'
import { keep, onward, type Step } from './step.ts'

type Due<Page extends Next['page']> = Extract<Next, { page: Page }>

/**
 * Answers for a step that is not due with the page that is: back button, second tab, a form sent twice.
 *
 * @param more what the step needs beside the login: read with it, and handed to it in this order.
 */
export async function onPage<Page extends Next['page']>(
  world: JourneyWorld,
  call: Call,
  pages: readonly Page[],
  step: (journey: Journey, next: Due<Page>, items: readonly (Item | undefined)[]) => Promise<Answer>,
  more: readonly Place[] = [],
): Promise<Answer> {
  const opened = await openJourney(world, call, more)
  if (!opened.ok) return showOver(world, call, opened.over)
  const { journey, others } = opened
  return isOne(journey.next, pages) ? step(journey, journey.next, others) : onward(journey.login, overtaken(journey))
}

const isOne = <Page extends Next['page']>(next: Next, pages: readonly Page[]): next is Due<Page> =>
  pages.some((page) => page === next.page)

/** Keeps the step, or shows where things stand when it was overtaken: another tab, another browser, the CMS. */
export async function keepOr(world: JourneyWorld, call: Call, journey: Journey, step: Step): Promise<Answer> {
  return (await keep(world, call, journey, step)) ?? whereItStands(world, call, journey)
}

/** After a step that was overtaken. */
export async function whereItStands(world: JourneyWorld, call: Call, journey: Journey): Promise<Answer> {
  const opened = await openJourney(world, call)
  return opened.ok ? onward(journey.login, overtaken(opened.journey)) : showOver(world, call, opened.over)
}
