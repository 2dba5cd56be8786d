import { Html, html } from './html.js';
import { foreignName, layout, type Frame } from './layout.js';

export interface LogoutPage {
  /** The engine's own form, `id="op.logoutForm"`, which carries what protects it. */
  readonly form: string;
}

export interface LoggedOutPage {
  /** The app that the user came from, if it said so. */
  readonly clientName: string | null;
  /** Whether the user chose to stay. */
  readonly isSignedIn: boolean;
}

export const logoutPage = (frame: Frame, { form }: LogoutPage): string =>
  layout(
    frame,
    'Sign out',
    html`<h1>Sign out?</h1>
      <p class="muted">
        This ends your sign-in with ${frame.name} in this browser, and in every app that you opened
        with it.
      </p>
      ${new Html(form)}
      <button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
      <button type="submit" form="op.logoutForm" class="quiet">Stay signed in</button>`,
  );

export function loggedOutPage(frame: Frame, { clientName, isSignedIn }: LoggedOutPage): string {
  const [title, heading] = isSignedIn
    ? ['Still signed in', 'You are still signed in']
    : ['Signed out', 'You are signed out'];
  return layout(
    frame,
    title,
    html`<h1>${heading}</h1>
      <p class="muted">
        ${clientName === null ? null : html`You may go back to ${foreignName(clientName)}. `}You can
        close this window.
      </p>`,
  );
}
