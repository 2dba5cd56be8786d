import { html } from './html.js';
import { csrfField, foreignName, layout, type Frame } from './layout.js';
import { waitingTime } from './waiting-time.js';

export interface LoginPage {
  readonly clientName: string;
  /** Path of the interaction; the forms go to `/login` and `/cancel` below it. */
  readonly action: string;
  readonly csrf: string;
  /** What was typed before, or hinted at. The password is never given back. */
  readonly username: string;
  /** Why the page is shown again; null at first. */
  readonly message: string | null;
  readonly retryAfterSeconds?: number;
}

export function loginPage(frame: Frame, page: LoginPage): string {
  const { clientName, action, csrf, username, message, retryAfterSeconds } = page;
  const wait =
    retryAfterSeconds === undefined ? '' : ` Try again in ${waitingTime(retryAfterSeconds)}.`;
  const alert =
    message === null
      ? null
      : html`<p class="warning" role="alert" id="message">${message}${wait}</p>`;
  const described = message === null ? null : html` aria-invalid="true" aria-describedby="message"`;
  // Where the cursor already is, a screen reader says the message that belongs to the input.
  const focused = html` autofocus`;
  return layout(
    frame,
    'Sign in',
    html`<h1>Sign in</h1>
      <p class="muted">to continue to ${foreignName(clientName)}</p>
      ${alert}
      <form method="post" action="${action}/login">
        ${csrfField(csrf)}
        <label for="username">User name</label>
        <input
          id="username"
          name="username"
          type="text"
          value="${username}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          maxlength="256"
          required${described}${username === '' ? focused : null}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          maxlength="1024"
          required${described}${username === '' ? null : focused}
        />
        <button type="submit">Sign in</button>
      </form>
      <form method="post" action="${action}/cancel">
        ${csrfField(csrf)}
        <button type="submit" class="quiet">Cancel</button>
      </form>`,
  );
}
