/**
 * The plans of the OpenID Foundation's conformance suite that are run here, each with its modules by their own names.
 * docs/conformance.md lists the same, and `index.test.ts` holds one to the other. A plan is run in a test file that names it.
 */
import { basicModules, type Module } from './basic-modules.ts'
import { configModules } from './config-modules.ts'
import { fapiDpopModules } from './fapi-dpop-modules.ts'
import { type FapiModule, fapiModules } from './fapi-modules.ts'
import { backchannelLogoutModules, rpInitiatedLogoutModules } from './logout-modules.ts'

type Modules = Readonly<Record<string, Module | FapiModule>>

export const plans: Readonly<Record<string, Modules>> = {
  'oidcc-basic-certification-test-plan': basicModules,
  'oidcc-config-certification-test-plan': configModules,
  'oidcc-formpost-basic-certification-test-plan': basicModules,
  'oidcc-backchannel-rp-initiated-logout-certification-test-plan': backchannelLogoutModules,
  'fapi2-security-profile-final-test-plan': { ...fapiModules, ...fapiDpopModules },
  'oidcc-rp-initiated-logout-certification-test-plan': rpInitiatedLogoutModules,
}
