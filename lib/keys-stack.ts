/**
 * The KMS keys: one that wraps signing keys, and one for the topics on which AWS tells us of mails and alarms. And the
 * secret that holds what others gave us, for a stage that has such others.
 */
import { Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import type { Settings } from './settings.ts'

export class KeysStack extends Stack {
  readonly wrapping: Key
  readonly notices: Key
  /** Absent where the stage asks nobody who gave us a secret. */
  readonly secretArn: string | undefined

  constructor(scope: Construct, id: string, { settings, ...props }: StackProps & { settings: Settings }) {
    super(scope, id, { ...props, terminationProtection: true })
    const { stage } = settings
    this.wrapping = new Key(this, 'Wrapping', {
      alias: `alias/keystep-${stage}-signing-keys`,
      description: 'Wraps the keys that sign tokens and that seal secrets. Without it neither works: never delete it.',
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
    const asks = settings.directory !== undefined || settings.tokenValidator !== undefined
    this.secretArn = asks ? this.#secret(settings) : undefined
    new CfnOutput(this, 'WrappingKeyArn', {
      value: this.wrapping.keyArn,
      description:
        'Wraps signing keys and the key that secrets are sealed with; whoever runs `npm run admin` needs kms:Encrypt on it',
    })
  }

  /** Made empty, to be filled by an operator: what is in a template is no secret. Or one that is there already. */
  #secret({ stage, secretArn }: Settings): string {
    if (secretArn !== undefined) return secretArn
    const made = new Secret(this, 'Secret', {
      secretName: `keystep-${stage}`,
      description:
        'What others gave us to reach them with: a JSON object with directoryPassword, directoryCa, validatorSecret, validatorCa.',
      secretObjectValue: {},
      removalPolicy: RemovalPolicy.RETAIN,
    })
    Validations.of(made).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'The passwords in it are of accounts elsewhere: rotated there, then put here; read anew every five minutes.',
    })
    new CfnOutput(this, 'SecretArn', {
      value: made.secretArn,
      description:
        'Next: put {"directoryPassword":"…","validatorSecret":"…"} here by aws secretsmanager put-secret-value',
    })
    return made.secretArn
  }
}
