import type { Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AuthenticationGuard } from './credentials/authentication.guard.js';
import { AuthorizationGuard } from './policy/authorization.guard.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { TransportGuard } from './request/transport.guard.js';
import { AddressLimitGuard } from './throttling/address-limit.guard.js';
import { ClientQuotaGuard } from './throttling/client-quota.guard.js';

/**
 * The life of a request, in order. Nest runs global guards in the order they are registered; this is the only
 * file that registers any. Each is a provider of its own, so that a test can override it.
 */
export const pipeline: Provider[] = [
  ProblemFilter,
  TransportGuard,
  AddressLimitGuard,
  AuthenticationGuard,
  AuthorizationGuard,
  ClientQuotaGuard,
  { provide: APP_FILTER, useExisting: ProblemFilter }, // how each refusal below is answered
  { provide: APP_GUARD, useExisting: TransportGuard }, // nothing travels in the clear
  { provide: APP_GUARD, useExisting: AddressLimitGuard }, // before any credential: guessing costs
  { provide: APP_GUARD, useExisting: AuthenticationGuard }, // credentials -> caller
  { provide: APP_GUARD, useExisting: AuthorizationGuard }, // caller -> decision
  { provide: APP_GUARD, useExisting: ClientQuotaGuard }, // only allowed requests spend the quota
];
