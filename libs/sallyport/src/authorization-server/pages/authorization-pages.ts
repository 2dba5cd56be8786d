import { Inject, Injectable } from '@nestjs/common';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../../credentials/bearer/access-token.options.js';
import { consentPage, type ConsentPage } from './consent.page.js';
import { errorPage, type ErrorPage } from './error.page.js';
import type { Frame } from './layout.js';
import { loginPage, type LoginPage } from './login.page.js';
import { loggedOutPage, logoutPage, type LoggedOutPage, type LogoutPage } from './logout.page.js';
import { Stylesheet } from './stylesheet.js';
import { THEME, type Theme } from './theme.js';

/** What people see of the authorization server: each method gives a whole document, to be sent with `pageHeaders`. */
@Injectable()
export class AuthorizationPages {
  private readonly frame: Frame;

  constructor(
    @Inject(THEME) { name }: Theme,
    { version }: Stylesheet,
    @Inject(ACCESS_TOKEN_OPTIONS) { issuer }: Pick<ResolvedAccessTokenOptions, 'issuer'>,
  ) {
    // As the browser sees it, whatever a proxy in front of us makes of the path.
    const { pathname } = new URL(issuer);
    this.frame = { name, stylesheetUrl: `${pathname}/assets/style.css?v=${version}` };
  }

  login(page: LoginPage): string {
    return loginPage(this.frame, page);
  }

  consent(page: ConsentPage): string {
    return consentPage(this.frame, page);
  }

  logout(page: LogoutPage): string {
    return logoutPage(this.frame, page);
  }

  loggedOut(page: LoggedOutPage): string {
    return loggedOutPage(this.frame, page);
  }

  error(page: ErrorPage): string {
    return errorPage(this.frame, page);
  }
}
