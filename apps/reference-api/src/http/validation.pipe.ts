import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { SallyportError } from '@sallyport/nest';

/** Class-validator on every parameter class: unknown members are refused, the answer says which rule was broken. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) =>
      new SallyportError('ERR_INPUT_INVALID', {
        detail: sentences(errors).slice(0, 10).join('; '),
      }),
  });

const sentences = (errors: readonly ValidationError[]): string[] =>
  errors.flatMap(({ constraints = {}, children = [] }) => [
    ...Object.values(constraints),
    ...sentences(children),
  ]);
