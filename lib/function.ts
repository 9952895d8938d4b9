/**
 * One Lambda with our defaults: Node 24 on arm64, a role that holds what it is given and no managed policy, a log group
 * of its own that forgets, traces.
 *
 * No reserved concurrency: a new account has ten executions in all, and a reservation would fail there. The throttles of
 * the routes keep one boundary from starving another.
 */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { type ISecurityGroup, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Function as AwsFunction, Code, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Network } from './settings.ts'

export type Reach = { protocol: 'tcp' | 'udp'; port: number; what: string }

export type HouseFunctionProps = {
  name: string
  description: string
  /** The folder of its bundle. */
  code: string
  /** MB; the share of a processor goes with it, a whole one at 1769. */
  memory: number
  seconds: number
  environment: Record<string, string>
  statements: readonly PolicyStatement[]
  logRetention: RetentionDays
  /** Whom it asks there. */
  network?: Network & { reaches: readonly Reach[] }
  /** For one that answers events: where those go that failed. `polled`: whoever takes them from their source sees to it. */
  deadLetters?: IQueue | 'polled'
}

export class HouseFunction extends Construct {
  readonly function: AwsFunction
  readonly logs: LogGroup

  constructor(scope: Construct, id: string, props: HouseFunctionProps) {
    super(scope, id)
    // Its name is CloudFormation's: kept after the stack is gone, it must not be in the way of the next.
    this.logs = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    })
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What the Lambda ${props.name} may do.`,
    })
    for (const statement of [...props.statements, this.#mayLog()]) role.addToPolicy(statement)
    if (props.network) role.addToPolicy(mayJoinNetwork())

    this.function = new AwsFunction(this, 'Function', {
      functionName: props.name,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.code),
      memorySize: props.memory,
      timeout: Duration.seconds(props.seconds),
      environment: props.environment,
      role,
      // As text: our lines are JSON already, and Logs Insights finds their fields; Lambda's JSON would wrap them in a string.
      logGroup: this.logs,
      tracing: Tracing.ACTIVE,
      ...(props.network ? inNetwork(this, props.network) : {}),
      ...(typeof props.deadLetters === 'object'
        ? { onFailure: new SqsDestination(props.deadLetters), retryAttempts: 2 }
        : {}),
    })
    // Evidence for cdk-nag, on this construct alone.
    Validations.of(this).acknowledge(
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: props.network
          ? 'X-Ray (PutTraceSegments, PutTelemetryRecords) and the network interfaces of a Lambda in a VPC accept no resource.'
          : 'X-Ray accepts no resource for PutTraceSegments and PutTelemetryRecords; there is no other * in this role.',
      },
      {
        id: 'Serverless-LambdaDLQ',
        reason: evidence(props.deadLetters),
      },
    )
  }

  /** The streams below its own group and no other; the group exists before the Lambda does. */
  #mayLog(): PolicyStatement {
    return new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logs.logGroupArn],
    })
  }
}

function evidence(deadLetters: HouseFunctionProps['deadLetters']): string {
  if (deadLetters === undefined)
    return 'API Gateway invokes it synchronously and hands every failure to the caller: no event is left to keep.'
  return deadLetters === 'polled'
    ? 'Its events are taken from a stream or a queue, whose mapping or redrive policy sends what failed to an SQS queue.'
    : 'Failed events go to an SQS queue by its failure destination, which says more than a dead-letter target.'
}

/** AWSLambdaVPCAccessExecutionRole without its rights on logs. EC2 accepts no resource for these from Lambda. */
const mayJoinNetwork = (): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  })

type InNetwork = { vpc: ReturnType<typeof Vpc.fromVpcAttributes>; securityGroups: ISecurityGroup[] }

function inNetwork(
  scope: Construct,
  { vpcId, subnetIds, availabilityZones, reaches }: NonNullable<HouseFunctionProps['network']>,
): InNetwork {
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    privateSubnetIds: [...subnetIds],
    availabilityZones: [...availabilityZones],
  })
  Validations.of(vpc).acknowledge({
    id: '@aws-cdk/aws-ec2:noSubnetRouteTableId',
    reason: 'Nothing here makes routes, so nothing asks the subnets for their route table.',
  })
  const group = new SecurityGroup(scope, 'Network', {
    vpc,
    allowAllOutbound: false,
    description: 'Whom it asks, and AWS: outwards only',
  })
  for (const { protocol, port, what } of reaches) group.addEgressRule(Peer.anyIpv4(), Port[protocol](port), what)
  group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS')
  return { vpc, securityGroups: [group] }
}
