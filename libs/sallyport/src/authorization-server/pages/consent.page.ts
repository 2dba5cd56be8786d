import { html } from './html.js';
import { csrfField, foreignName, layout, type Frame } from './layout.js';

export interface ConsentPage {
  readonly clientName: string;
  readonly clientId: string;
  /** Whether somebody else makes the app. */
  readonly isThirdParty: boolean;
  /** By what the user knows who is signed in. */
  readonly userName: string;
  readonly scope: readonly { readonly value: string; readonly description: string }[];
  /** Where else the tokens are for; empty when only for this API. */
  readonly resources: readonly string[];
  /** Path of the interaction; the form goes to `/consent` below it. */
  readonly action: string;
  readonly csrf: string;
}

export function consentPage(frame: Frame, page: ConsentPage): string {
  const client = foreignName(page.clientName);
  const demands = page.scope.map(({ value, description }) =>
    description === value
      ? html`<li><code>${value}</code></li>`
      : html`<li>${description}<br /><code class="muted">${value}</code></li>`,
  );
  // RFC 8252 §8.6: an app on the same device may claim to be another one; only the user knows what they started.
  const warning = page.isThirdParty
    ? html`<p class="warning">
        ${client} is not from ${frame.name}. Allow it only if you trust whoever makes it.
      </p>`
    : html`<p class="muted small">
        Allow this only if you have just started to sign in with ${client}.
      </p>`;
  return layout(
    frame,
    `Allow ${page.clientName}?`,
    html`<h1>Allow ${client}?</h1>
      <p class="muted">You are signed in as ${foreignName(page.userName)}.</p>
      <p id="demands">The app <code>${page.clientId}</code> asks to:</p>
      <ul aria-labelledby="demands">
        ${demands}
      </ul>
      ${page.resources.map((at) => html`<p>At another service: <code>${at}</code></p>`)} ${warning}
      <form method="post" action="${page.action}/consent">
        ${csrfField(page.csrf)}
        <button type="submit" name="decision" value="allow">Allow</button>
        <button type="submit" name="decision" value="deny" class="quiet">Deny</button>
      </form>`,
  );
}
