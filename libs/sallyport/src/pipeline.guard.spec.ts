import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { of } from 'rxjs';
import { PipelineGuard } from './pipeline.guard.js';

type Answer = ReturnType<CanActivate['canActivate']>;

const context = {} as ExecutionContext;

/** A guard over stages that answer so, and which of them were asked. */
function pipelineOf(...answers: (() => Answer)[]) {
  const asked: number[] = [];
  const stages = answers.map((answer, index) => ({
    canActivate: () => {
      asked.push(index);
      return answer();
    },
  }));
  return { guard: new PipelineGuard(stages), asked };
}

describe('The pipeline', () => {
  const yes = (): Answer => true;

  it('answers at once, not with a promise, while every stage does', () => {
    const { guard, asked } = pipelineOf(yes, yes, yes);
    expect(guard.canActivate(context)).toBe(true);
    expect(asked).toEqual([0, 1, 2]);
  });

  it('waits for a stage before it asks the next one', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { guard, asked } = pipelineOf(yes, () => promise, yes);
    const answer = guard.canActivate(context);
    expect(asked).toEqual([0, 1]);
    resolve(true);
    expect(await answer).toBe(true);
    expect(asked).toEqual([0, 1, 2]);
  });

  it.each<[string, () => Answer]>([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
    ['an observable of false', () => of(false)],
    ['nothing', () => undefined as unknown as boolean],
    ['what is no yes', () => 'yes' as unknown as boolean],
    ['a promise of what is no yes', () => Promise.resolve('yes' as unknown as boolean)],
  ])('asks no further stage after %s', async (_, no) => {
    const { guard, asked } = pipelineOf(yes, no, yes);
    expect(await guard.canActivate(context)).toBe(false);
    expect(asked).toEqual([0, 1]);
  });

  it('lets the refusal of a stage through, thrown or rejected, and asks no further', async () => {
    const refusal = new Error('refused');
    const thrown = pipelineOf(() => {
      throw refusal;
    }, yes);
    expect(() => thrown.guard.canActivate(context)).toThrow(refusal);
    expect(thrown.asked).toEqual([0]);
    const rejected = pipelineOf(() => Promise.reject(refusal), yes);
    await expect(rejected.guard.canActivate(context)).rejects.toBe(refusal);
    expect(rejected.asked).toEqual([0]);
  });
});
