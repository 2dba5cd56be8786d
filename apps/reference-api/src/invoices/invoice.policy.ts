import { Injectable } from '@nestjs/common';
import { ObjectPolicy, type Caller } from '@sallyport/nest';
import { In, type FindOptionsWhere } from 'typeorm';
import { AppUserDirectory } from '../users/user-directory.js';
import type { InvoiceEntity } from './invoice.entity.js';

export type InvoiceFilter = FindOptionsWhere<InvoiceEntity>;

/** A user sees their department's invoices; an app that acts for nobody sees all that its scope allows. */
@Injectable()
export class InvoicePolicy extends ObjectPolicy<Pick<InvoiceEntity, 'department'>, InvoiceFilter> {
  constructor(private readonly directory: AppUserDirectory) {
    super();
  }

  check(caller: Caller, invoice: Pick<InvoiceEntity, 'department'>): boolean {
    if (caller.user === null) return true;
    return this.departmentOf(caller) === invoice.department;
  }

  where(caller: Caller): InvoiceFilter {
    if (caller.user === null) return {};
    const department = this.departmentOf(caller);
    return { department: In(department === null ? [] : [department]) };
  }

  /** Null for an app without user, and for a user who is in no department. */
  departmentOf({ user }: Caller): string | null {
    return user === null ? null : (this.directory.find(user)?.department ?? null);
  }
}
