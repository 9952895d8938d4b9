// GET /portal, GET /portal/{rest+} — the user's portal, whose addresses are its own business in the browser.
import type { Answer, Call } from '../../src/http/call.ts'
import { type Needs, showShell } from './shell.ts'

export const handle = async (world: Needs, call: Call): Promise<Answer> => showShell('portal', world, call)
