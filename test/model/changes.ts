/** What others change while people sign in, done to the model's facts and to the service. */
import type { Level } from '../../src/core/step-up/flow.ts'
import type { Command, Edit } from './commands.ts'
import type { openReference } from './reference.ts'
import { flows, ownerOf, spare } from './scenario.ts'
import type { openService } from './service.ts'

type Model = ReturnType<typeof openReference>
type Service = ReturnType<typeof openService>

/** Whether there was anything to change. */
export async function change(command: Command, model: Model, service: Service): Promise<boolean> {
  const { people, realm, clients } = model.given
  switch (command.do) {
    case 'change key': {
      const owner = people[ownerOf(command.key)]
      const key = owner?.keys.find(({ name }) => name === command.key)
      const from = { suspend: ['active'], resume: ['suspended'], lock: ['pending', 'active'], delete: undefined }[
        command.change
      ]
      if (owner === undefined || key === undefined || from?.includes(key.state) === false) return false
      if (command.change === 'delete') owner.keys = owner.keys.filter((each) => each !== key)
      else key.state = ({ suspend: 'suspended', resume: 'active', lock: 'locked' } as const)[command.change]
      await service.changeKey(command.key, command.change)
      return true
    }
    case 'give key': {
      const owner = people[ownerOf(command.key)]
      const key = spare[command.key]
      if (!owner?.enabled || key === undefined || owner.keys.some(({ name }) => name === key.name)) return false
      owner.keys.push({ ...key })
      await service.giveKey(key)
      return true
    }
    case 'change codes': {
      const codes = people[command.person]?.codes
      const { from, to } = {
        suspend: { from: ['active'], to: 'suspended' },
        resume: { from: ['suspended', 'locked'], to: 'active' },
        lock: { from: ['active'], to: 'locked' },
      }[command.change]
      if (codes === undefined || !from.includes(codes.state)) return false
      codes.state = to as typeof codes.state
      await service.changeCodes(command.person, command.change)
      return true
    }
    case 'change password': {
      const person = people[command.person]
      if (person?.password === undefined) return false
      person.password = { text: command.text, version: person.password.version + 1 }
      await service.changePassword(command.person, command.text)
      return true
    }
    case 'enable': {
      const person = people[command.person]
      if (person === undefined) return false
      person.enabled = command.enabled
      await service.enable(command.person, command.enabled)
      return true
    }
    case 'edit flow': {
      const flow = realm.flows[command.flow]
      if (flow === undefined) return false
      const levels = flow.levels.map((level, at) =>
        at === command.level % flow.levels.length ? edited(level, command.step, command.edit) : level,
      )
      realm.flows[command.flow] = { ...flow, version: flow.version + 1, levels }
      break
    }
    case 'delete flow':
      if (command.flow === realm.browserFlow || realm.flows[command.flow] === undefined) return false
      delete realm.flows[command.flow]
      break
    case 'restore flow': {
      const flow = flows[command.flow]
      if (flow !== undefined) realm.flows[command.flow] = flow
      break
    }
    case 'bind flow':
      if (realm.flows[command.flow] === undefined) return false
      realm.browserFlow = command.flow
      break
    case 'change realm': {
      const { unreachable, sessionIdle, defaultAcr } = command
      Object.assign(realm, { unreachable, sessionIdle })
      if (defaultAcr === undefined) delete realm.defaultAcr
      else realm.defaultAcr = defaultAcr
      break
    }
    case 'change client': {
      const { client, policy, flow } = command
      const facts = { policy, ...(flow === undefined ? {} : { flow }) }
      clients[client] = facts
      await service.changeClient(client, facts)
      return true
    }
    default:
      return false
  }
  await service.changeRealm(structuredClone(realm))
  return true
}

function edited(level: Level, at: number, { maxAge, mode, demands, ...ofStep }: Edit): Level {
  const steps = level.steps.map((step, index) => {
    if (index !== at % level.steps.length) return step
    return { ...step, ...ofStep, ...(demands !== undefined && step.authenticator === 'webauthn' ? { demands } : {}) }
  })
  return { ...level, ...(maxAge === undefined ? {} : { maxAge }), ...(mode === undefined ? {} : { mode }), steps }
}
