import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { SallyportError } from '@sallyport/nest';

const MAX_DEPTH = 32;
const MAX_NODES = 10_000;

/** Refuses bodies that are nested too deep or hold too many values, before anything recursive walks them. */
@Injectable()
export class BoundedJsonPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    if (type === 'body') assertBounded(value);
    return value;
  }
}

function assertBounded(body: unknown): void {
  let nodes = 0;
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    nodes += level.length;
    if (depth > MAX_DEPTH) throw refusal(`nested deeper than ${String(MAX_DEPTH)} levels`);
    if (nodes > MAX_NODES) throw refusal(`more than ${String(MAX_NODES)} values`);
    level = level.flatMap(childrenOf);
  }
}

function childrenOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  // JSON.parse makes them own members, which a later copy would take for the prototype.
  const poison = ['__proto__', 'constructor'].find((name) => Object.hasOwn(value, name));
  if (poison !== undefined) throw refusal(`a member named ${poison}`);
  return Object.values(value);
}

const refusal = (what: string): SallyportError =>
  new SallyportError('ERR_INPUT_INVALID', { detail: `The body is not accepted: ${what}.` });
