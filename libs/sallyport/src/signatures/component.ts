import { malformed } from './malformed.js';
import { serializeItem, type Item, type Parameters } from './structured-fields.js';

/** One thing that a signature covers (RFC 9421 §2): a field by its name in lower case, or what is derived, as `@method`. */
export interface Component {
  readonly name: string;
  /** As it stands in the signature base: quoted, with its parameters. */
  readonly identifier: string;
  readonly parameters: ComponentParameters | null;
}

/** RFC 9421 §2.1 and §2.2.8. Trailers (`tr`) are not kept here, and refused. */
export interface ComponentParameters {
  /** Serialised anew, as a structured field (§2.1.1). */
  readonly sf: boolean;
  /** One member of a dictionary (§2.1.2). */
  readonly key: string | null;
  /** Each line as a byte sequence (§2.1.3). */
  readonly bs: boolean;
  /** Of the request that is answered (§2.4). */
  readonly req: boolean;
  /** Which query parameter (§2.2.8). */
  readonly name: string | null;
}

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const FLAGS = ['sf', 'bs', 'req'];
const NAMES = ['key', 'name'];

export const REQUEST_COMPONENTS: ReadonlySet<string> = new Set([
  '@method',
  '@target-uri',
  '@authority',
  '@scheme',
  '@request-target',
  '@path',
  '@query',
  '@query-param',
]);

/** Reads one component identifier. Throws ERR_SIGNATURE_MALFORMED for what nobody knows, or what contradicts itself. */
export function componentOf(item: Item): Component {
  const [name, parameters] = item;
  if (typeof name !== 'string') throw malformed('a component is named by a string');
  const isDerived = REQUEST_COMPONENTS.has(name) || name === '@status';
  if (!isDerived && !FIELD_NAME.test(name)) throw malformed('a component that nobody knows');
  if (parameters.size === 0) {
    if (name === '@query-param') throw malformed('@query-param without a name');
    return { name, identifier: `"${name}"`, parameters: null };
  }
  const read = parametersOf(name, parameters);
  return { name, identifier: serializeItem(item), parameters: read };
}

/** The identifier of `name` with these parameters, for whoever signs. */
export const component = (
  name: string,
  parameters: Readonly<Record<string, true | string>> = {},
): Component => componentOf([name, new Map(Object.entries(parameters))]);

function parametersOf(component: string, parameters: Parameters): ComponentParameters {
  for (const [name, value] of parameters) {
    const isFlag = FLAGS.includes(name) && value === true;
    if (!isFlag && !(NAMES.includes(name) && typeof value === 'string')) {
      throw malformed('a component parameter that nobody knows');
    }
  }
  const text = (name: string): string | null => {
    const value = parameters.get(name);
    return typeof value === 'string' ? value : null;
  };
  const read = {
    sf: parameters.has('sf'),
    key: text('key'),
    bs: parameters.has('bs'),
    req: parameters.has('req'),
    name: text('name'),
  };
  const isField = !component.startsWith('@');
  // RFC 9421 §2.5: parameters that exclude each other, or do not belong to the component, are an error.
  if (read.bs && (read.sf || read.key !== null)) throw malformed('bs beside sf or key');
  if (!isField && (read.sf || read.bs || read.key !== null)) throw malformed('not for a field');
  if ((component === '@query-param') !== (read.name !== null)) throw malformed('name misplaced');
  if (component === '@status' && read.req) throw malformed('a request has no @status');
  return read;
}
