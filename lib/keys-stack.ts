/** The KMS keys: one that wraps signing keys, and one for the topics on which AWS tells us of mails and alarms. */
import { Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'

export class KeysStack extends Stack {
  readonly wrapping: Key
  readonly notices: Key

  constructor(scope: Construct, id: string, { stage, ...props }: StackProps & { stage: string }) {
    super(scope, id, { ...props, terminationProtection: true })
    this.wrapping = new Key(this, 'Wrapping', {
      alias: `alias/keystep-${stage}-signing-keys`,
      description: 'Wraps the keys that sign tokens. Without it no token can be signed: never delete it.',
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
    })
    this.notices = new Key(this, 'Notices', {
      alias: `alias/keystep-${stage}-notices`,
      description: 'Encrypts what SES tells of bounced mails, and alarms.',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    })
    // SES and CloudWatch publish to an encrypted topic only by a key whose policy names them: alias/aws/sns does not.
    this.notices.addToResourcePolicy(
      new PolicyStatement({
        principals: ['ses', 'cloudwatch'].map((name) => new ServicePrincipal(`${name}.amazonaws.com`)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    )
    new CfnOutput(this, 'WrappingKeyArn', {
      value: this.wrapping.keyArn,
      description: 'Wraps signing keys; whoever runs `npm run admin` needs kms:Encrypt on it',
    })
  }
}
