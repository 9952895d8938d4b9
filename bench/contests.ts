/**
 * What is measured, and who against whom. Each contest is one thing that a provider does, done by ours and by the peer,
 * with the store and without; what it takes (a code, a session, an answer of a key) is made before the clock runs.
 */
import { byEvent, byGateway } from './carriers.ts'
import type { Carriers, Contests, Setting } from './contests/contest.ts'
import { decisionContests } from './contests/decisions.ts'
import { directoryContests } from './contests/directory.ts'
import { fidoContests } from './contests/fido.ts'
import { floorContests } from './contests/floors.ts'
import { codeContests } from './contests/one-time-codes.ts'
import { openRivals, type Peers } from './contests/peer.ts'
import { tokenContests } from './contests/tokens.ts'
import type { Ours } from './ours.ts'

export async function openContests(ours: Ours, peers: Peers) {
  const carriers: Carriers = {
    event: byEvent(ours.bundled),
    http: await byGateway(ours.bundled),
    storeless: byEvent(ours.storeless),
  }
  const setting: Setting = { ours, carriers }
  const rivals = await openRivals(peers, carriers)
  const closings: (() => Promise<void>)[] = []
  const contests: Contests = {
    ...tokenContests(setting, rivals),
    ...fidoContests(setting),
    ...decisionContests(setting),
    ...codeContests(setting),
    ...directoryContests(setting, (close) => void closings.push(close)),
    ...floorContests(setting),
  }
  return {
    contests,
    close: async () => {
      for (const closing of closings) await closing()
      for (const carrier of Object.values(carriers)) await carrier.close()
      await rivals.close()
    },
  }
}
