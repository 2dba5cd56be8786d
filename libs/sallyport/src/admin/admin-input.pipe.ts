import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { invalidInput } from '../input.js';

/** Names that class-transformer passes over in silence, where every other unknown field is refused. */
const SILENT_NAMES = new Set(['__proto__', 'constructor', 'prototype']);
/** Deeper than any DTO: what walks the value later does so by recursion. */
const MAX_DEPTH = 8;
const MAX_SENTENCES = 5;
const MAX_SENTENCE_LENGTH = 200;

/** What administration is sent, checked against its DTO: unknown fields, lists in place of objects and odd names are refused. */
@Injectable()
export class AdminInputPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      exceptionFactory: (errors) => invalidInput(summary(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'custom') refuseSilentNames(value);
    return super.transform(value, metadata) as Promise<unknown>;
  }
}

function refuseSilentNames(value: unknown, depth = 1): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw invalidInput('the request is nested too deeply');
  for (const [name, item] of Object.entries(value)) {
    if (SILENT_NAMES.has(name)) throw invalidInput(`property ${name} should not exist`);
    refuseSilentNames(item, depth + 1);
  }
}

/** Names fields and rules, never the values that were sent; field names are the sender's too, so each line is kept short. */
function summary(errors: readonly ValidationError[]): string {
  const lines = sentences(errors);
  const more = lines.length > MAX_SENTENCES ? [`and ${lines.length - MAX_SENTENCES} more`] : [];
  return [...lines.slice(0, MAX_SENTENCES).map(printable), ...more].join('; ');
}

const sentences = (errors: readonly ValidationError[]): string[] =>
  errors.flatMap(({ constraints = {}, children = [] }) => [
    ...Object.values(constraints),
    ...sentences(children),
  ]);

const printable = (sentence: string): string =>
  sentence.slice(0, MAX_SENTENCE_LENGTH).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '�');
