import { SetMetadata } from '@nestjs/common';
import { USAGE_DIMENSIONS } from '../../usage/usage-query.js';
import { GRANULARITIES } from '../../usage/usage.js';

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema?: Readonly<Record<string, unknown>>;
}

const range: readonly Parameter[] = [
  {
    name: 'from',
    description: 'RFC 3339; widened to the start of its minute, hour or day (UTC)',
    required: true,
    schema: { type: 'string', format: 'date-time' },
  },
  {
    name: 'to',
    description: 'RFC 3339, not included; widened to the end of its minute, hour or day (UTC)',
    required: true,
    schema: { type: 'string', format: 'date-time' },
  },
  { name: 'granularity', description: '', schema: { enum: [...GRANULARITIES], default: 'hour' } },
  { name: 'groupBy', description: `Separated by commas: ${USAGE_DIMENSIONS.join(', ')}` },
  { name: 'clientId', description: 'Empty: calls without a client' },
  { name: 'apiKeyId', description: 'Empty: calls without an API key' },
  { name: 'sub', description: 'Subject of the user; empty: calls without a user' },
  { name: 'iss', description: 'Issuer of that subject' },
  { name: 'route', description: 'Controller.handler; empty: no route was found' },
  { name: 'method', description: '' },
  { name: 'status', description: '', schema: { type: 'integer' } },
  { name: 'refusal', description: 'Error code; empty: not refused by us' },
  { name: 'address', description: 'As it was recorded' },
  { name: 'country', description: 'ISO 3166-1 alpha-2; empty: not known' },
  { name: 'userAgent', description: 'Product/version' },
];

const page: readonly Parameter[] = [
  {
    name: 'limit',
    description: '',
    schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  },
  { name: 'after', description: '`next` of the page before' },
];

const format: Parameter = {
  name: 'format',
  description: '',
  schema: { enum: ['csv', 'jsonl'], default: 'csv' },
};

/** The key that @nestjs/swagger reads in hosts that have it: to import it would make every host need it. */
const describe = (parameters: readonly Parameter[]): MethodDecorator =>
  SetMetadata(
    'swagger/apiParameters',
    parameters.map(({ required = false, schema = { type: 'string' }, ...parameter }) => ({
      ...parameter,
      in: 'query',
      required,
      schema,
    })),
  );

export const DescribeUsageQuery = (): MethodDecorator => describe([...range, ...page]);
export const DescribeUsageExport = (): MethodDecorator => describe([...range, format]);
