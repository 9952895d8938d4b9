/**
 * The token validator of a deployment, in whichever protocol it speaks. What is shared with it is a member of the secret:
 * `validatorSecret`, and `validatorCa` where its certificate is from an authority of its own.
 *
 * A secret that is missing or too short is an outage like any other: the log says which, and people sign in by other ways.
 */
import type { Seconds } from '../core/result.ts'
import type { TokenValidator } from '../core/token-validator/token-validation.ts'
import type { Stage } from '../stage.ts'
import { openHttpsValidator } from './https-validator.ts'
import { openRadius } from './radius.ts'
import { openSecrets } from './secrets.ts'

/** Octets. RFC 2865 §3 asks for 16, as a secret that is shorter is guessed from one packet that was seen. */
const shortestSecret = 16

/** Where the stage has none, there is none to be reached. */
export function openTokenValidator(
  stage: Pick<Stage, 'tokenValidator' | 'secrets'>,
  now: () => Seconds,
): TokenValidator {
  const { tokenValidator: settings } = stage
  if (settings === undefined) return { validate: async () => ({ outcome: 'unavailable', detail: 'none is set' }) }
  const secrets = openSecrets(stage, now)
  const member = async (name: 'validatorSecret' | 'validatorCa'): Promise<string | undefined> => {
    try {
      return await secrets.read(name)
    } catch (failure) {
      throw new Unconfigured(failure instanceof Error ? failure.message : String(failure))
    }
  }
  const secret = async (): Promise<string> => {
    const text = (await member('validatorSecret')) ?? ''
    if (Buffer.byteLength(text) < shortestSecret)
      throw new Unconfigured(`the secret has no validatorSecret of ${shortestSecret} characters or more`)
    return text
  }
  const validator =
    settings.protocol === 'radius'
      ? openRadius(settings, secret, now)
      : openHttpsValidator(settings, { key: secret, authority: () => member('validatorCa') }, now)
  return {
    async validate(asked) {
      try {
        return await validator.validate(asked)
      } catch (failure) {
        if (!(failure instanceof Unconfigured)) throw failure
        return { outcome: 'unavailable', detail: failure.message }
      }
    },
  }
}

class Unconfigured extends Error {}
