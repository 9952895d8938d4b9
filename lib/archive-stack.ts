/**
 * Where the audit log is kept when it is online no more, and the key that signs how far it went: a bucket in which Object
 * Lock keeps what was put until its time, and a key that KMS never lets out. Both outlive the rest.
 */
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { Settings } from './settings.ts'

export class ArchiveStack extends Stack {
  readonly bucket: Bucket
  readonly key: Key

  constructor(scope: Construct, id: string, { settings, ...props }: StackProps & { settings: Settings }) {
    super(scope, id, { ...props, terminationProtection: true })
    const { archiveDays, onlineDays, lock } = settings.audit
    this.bucket = new Bucket(this, 'AuditLog', {
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention[lock](Duration.days(archiveDays)),
      versioned: true,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.RETAIN,
      // What the lock lets go, goes: first out of sight, then for good.
      lifecycleRules: [
        {
          expiration: Duration.days(archiveDays + 1),
          noncurrentVersionExpiration: Duration.days(1),
        },
      ],
    })
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'One role puts, nobody can overwrite, and each read by an auditor is in CloudTrail where its data events are on; access logs would want a bucket that is as firmly kept.',
    })
    this.key = new Key(this, 'Checkpoints', {
      alias: `alias/keystep-${settings.stage}-audit-checkpoints`,
      description: 'Signs how far the audit log went. Without it no checkpoint can be verified: never delete it.',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      pendingWindow: Duration.days(30),
      removalPolicy: RemovalPolicy.RETAIN,
    })
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description })
    output('AuditArchive', this.bucket.bucketName, 'Where the audit log is archived; whoever verifies reads it')
    output(
      'AuditKeyArn',
      this.key.keyArn,
      'Signs the checkpoints of the audit log; whoever verifies reads its public half',
    )
    output('AuditOnlineDays', String(onlineDays), 'How long an audit record stays in the table')
  }
}
