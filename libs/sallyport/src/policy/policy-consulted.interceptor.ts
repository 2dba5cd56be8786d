import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { SallyportError } from '../errors.js';
import { POLICIED, type PoliciedRequest } from './current-policy.decorator.js';

/** Withholds the result of a handler that declares an object policy and never asked it: the forgotten check. */
@Injectable()
export class PolicyConsultedInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const bound = context.switchToHttp().getRequest<PoliciedRequest>()[POLICIED];
    return next.handle().pipe(
      map((result: unknown) => {
        if (bound === undefined || bound.wasConsulted) return result;
        throw new SallyportError('ERR_POLICY_NOT_CONSULTED', {
          reason: `${context.getClass().name}.${context.getHandler().name} has @UsePolicy(…) and asked neither check() nor where()`,
        });
      }),
    );
  }
}
