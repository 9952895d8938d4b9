/** What a Lambda needs to send mail by SES, and why the identity cannot be named. */
import { Aws, Validations } from 'aws-cdk-lib'
import type { HouseFunction } from './function.ts'

/** By pseudo parameters, so that the evidence for cdk-nag names it alike whether a stage says its region or not. */
export const anyIdentity = `arn:${Aws.PARTITION}:ses:${Aws.REGION}:${Aws.ACCOUNT_ID}:identity/*`

export const acknowledgeMailing = (made: HouseFunction): void =>
  void Validations.of(made).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]',
    reason:
      "In SES's sandbox SendEmail is authorised on the recipient's identity too; ses:FromAddress is the one sender.",
  })
