/** How the commands of a step are told apart from those of others, and what the steps share. */
import type { Command, House, Reply } from '../../test/house.ts'

/** A step, and what DynamoDB was asked for it. */
export type Noted = [step: string, commands: readonly Command[]]

export const password = 'correct horse battery staple'

export const basicOf = (clientId: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
})

export async function during(house: House, work: () => Promise<void>): Promise<Command[]> {
  const from = house.commands.length
  await work()
  return house.commands.slice(from)
}

/** The commands of one request to this route: of the one that had most. */
export function longest(commands: readonly Command[], route: string): Command[] {
  const requests = Map.groupBy(
    commands.filter((command) => command.route === route),
    (command) => command.request,
  )
  return [...requests.values()].sort((a, b) => b.length - a.length)[0] ?? []
}

export async function succeeded<Body>(asked: Promise<Reply<Body>>): Promise<Reply<Body>> {
  const reply = await asked
  if (reply.status >= 300) throw new Error(`${reply.route} answered ${reply.status}: ${reply.body}`)
  return reply
}
