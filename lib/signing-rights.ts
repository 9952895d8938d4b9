/**
 * The rights around signing keys: to sign with one that KMS holds, and to make them, have them follow each other and do
 * away with them. Keys in KMS are told apart by their tag and their use, as nobody knows their ARNs beforehand.
 */
import { Aws, Validations } from 'aws-cdk-lib'
import { PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam'
import { kmsKeyTag } from '../src/services/kms-keys.ts'
import { kmsAlgorithms } from '../src/services/kms-signature.ts'
import type { Purpose } from '../src/services/vault.ts'
import { places } from '../src/store/keys.ts'
import type { HouseFunction } from './function.ts'
import type { Settings } from './settings.ts'

type Conditions = NonNullable<PolicyStatementProps['conditions']>

const kmsKeys = `arn:${Aws.PARTITION}:kms:${Aws.REGION}:${Aws.ACCOUNT_ID}:key/*`

/** Evidence for cdk-nag, of a function with such a right. */
export function acknowledgeKmsKeys(made: HouseFunction, { signingKeys }: Settings): void {
  if (signingKeys === 'wrapped') return
  Validations.of(made).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*]',
    reason:
      'Signing keys are made by the rotation, so nobody knows their ARNs here: the tag of the stage says which they are.',
  })
}

/** The keys of this stage, and no other of the account. */
const ofStage = ({ stage }: Settings): Conditions => ({
  StringEquals: { [`aws:ResourceTag/${kmsKeyTag}`]: stage },
})

/** None where no key is, or was, in KMS. */
export const mayKmsSign = (settings: Settings): PolicyStatement[] =>
  settings.signingKeys === 'wrapped'
    ? []
    : [
        new PolicyStatement({
          actions: ['kms:Sign'],
          resources: [kmsKeys],
          conditions: {
            StringEquals: {
              [`aws:ResourceTag/${kmsKeyTag}`]: settings.stage,
              'kms:SigningAlgorithm': Object.values(kmsAlgorithms),
            },
          },
        }),
      ]

type Around = { configArn: string; auditArn: string; wrappingKeyArn: string }

/** What the Lambda rotate-keys may, and what an operator needs who does the same by hand. */
export function rotationStatements(settings: Settings, { configArn, auditArn, wrappingKeyArn }: Around) {
  const [keys, changes, realm] = [places.signingKey(''), places.signingKeyChanges(), places.realm()].map(
    ({ key }) => key.pk,
  )
  const on = (action: string, ...partitions: (string | undefined)[]) =>
    new PolicyStatement({
      actions: [`dynamodb:${action}`],
      resources: [configArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': partitions } },
    })
  const purpose: Purpose = 'keystep-signing-key'
  return [
    on('BatchGetItem', realm, changes),
    on('Query', keys),
    on('PutItem', keys),
    on('UpdateItem', keys, changes),
    on('DeleteItem', keys),
    new PolicyStatement({ actions: ['dynamodb:PutItem'], resources: [auditArn] }),
    ...(settings.signingKeys === 'kms'
      ? mayMake(settings)
      : [
          new PolicyStatement({
            actions: ['kms:Encrypt'],
            resources: [wrappingKeyArn],
            conditions: { StringEquals: { 'kms:EncryptionContext:purpose': purpose } },
          }),
        ]),
    ...(settings.signingKeys === 'wrapped'
      ? []
      : [
          new PolicyStatement({
            actions: ['kms:ScheduleKeyDeletion'],
            resources: [kmsKeys],
            conditions: ofStage(settings),
          }),
        ]),
  ]
}

/** To give a tag is a right of its own, and with it a key could be taken for ours: signing keys alone can be. */
const mayMake = (settings: Settings): PolicyStatement[] => [
  new PolicyStatement({
    actions: ['kms:CreateKey', 'kms:TagResource'],
    resources: ['*'],
    conditions: {
      StringEquals: {
        [`aws:RequestTag/${kmsKeyTag}`]: settings.stage,
        'kms:KeyUsage': 'SIGN_VERIFY',
      },
    },
  }),
  // By its use and not by its tag: right after a key is made, its tag does not count yet, and what is read is public.
  new PolicyStatement({
    actions: ['kms:GetPublicKey'],
    resources: [kmsKeys],
    conditions: { StringEquals: { 'kms:KeyUsage': 'SIGN_VERIFY' } },
  }),
]
