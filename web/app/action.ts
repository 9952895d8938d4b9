/** Something that a button does: whether it is under way, and why it was refused. */
import { useCallback, useRef, useState } from 'preact/hooks'
import type { Done, Refused, Reply } from './api.ts'

export type Action = {
  busy: boolean
  refused?: Refused
  /** `undefined`: it was refused, as `refused` says from then on, or one is under way already. */
  run: <Data>(ask: () => Promise<Reply<Data>>) => Promise<Done<Data> | undefined>
  forget: () => void
}

export function useAction(): Action {
  const [refused, setRefused] = useState<Refused | undefined>()
  const [busy, setBusy] = useState(false)
  const under = useRef(false)
  const run = useCallback(async <Data>(ask: () => Promise<Reply<Data>>): Promise<Done<Data> | undefined> => {
    if (under.current) return undefined
    under.current = true
    setBusy(true)
    setRefused(undefined)
    const reply = await ask()
    under.current = false
    setBusy(false)
    if (reply.ok) return reply
    setRefused(reply)
    return undefined
  }, [])
  const forget = useCallback(() => setRefused(undefined), [])
  return { busy, ...(refused === undefined ? {} : { refused }), run, forget }
}
