import type { Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AuthenticationGuard } from './credentials/authentication.guard.js';
import { PipelineGuard, STAGES } from './pipeline.guard.js';
import { AuthorizationGuard } from './policy/authorization.guard.js';
import { RequestMeter } from './metering/request-meter.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { TransportGuard } from './request/transport.guard.js';
import { AddressLimitGuard } from './throttling/address-limit.guard.js';
import { ClientQuotaGuard } from './throttling/client-quota.guard.js';

/** The life of a request, in order: each stage is a provider of its own, so that a test can override it. */
const stages = [
  RequestMeter, // counted when it is over, whatever becomes of it
  TransportGuard, // nothing travels in the clear
  AddressLimitGuard, // before any credential: guessing costs
  AuthenticationGuard, // credentials -> caller
  AuthorizationGuard, // caller -> decision
  ClientQuotaGuard, // only allowed requests spend the quota
];

/** The only file that registers a global guard or filter. */
export const pipeline: Provider[] = [
  ProblemFilter,
  ...stages,
  { provide: STAGES, inject: stages, useFactory: (...guards: unknown[]) => guards },
  PipelineGuard,
  { provide: APP_FILTER, useExisting: ProblemFilter }, // how each refusal below is answered
  { provide: APP_GUARD, useExisting: PipelineGuard },
];
