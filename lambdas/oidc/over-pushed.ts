/** A pushed request that is answered already, past its time, or another client's: nobody knows where to say so but the page. */
import type { Answer, Call } from '../../src/http/call.ts'
import { showPage } from '../../src/http/pages.ts'
import type { World } from '../../src/world.ts'

export const showOverPushed = ({ stage }: Pick<World, 'stage'>, call: Call): Answer =>
  showPage(
    stage,
    call,
    {
      page: 'bad-request',
      error: 'invalid_request_uri',
      description: 'The request_uri is not valid: it is used, over, or another client has it.',
      requestId: call.id,
    },
    { status: 400 },
  )
