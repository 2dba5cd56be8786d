/** Why a request of the pages is not answered: what people read, and the code for whoever helps them. */
export const interactionRefusals = {
  'interaction-expired': {
    status: 400,
    title: 'This page has expired',
    message: 'Go back to the app and start again.',
  },
  'form-malformed': {
    status: 400,
    title: 'This form cannot be read',
    message: 'Go back to the app and start again. Nothing was changed.',
  },
  'form-foreign': {
    status: 403,
    title: 'This form is not ours',
    message:
      'It was not sent from our own page, or that page is too old. Go back to the app and start again. Nothing was changed.',
  },
  'form-slow': {
    status: 408,
    title: 'This took too long',
    message: 'The connection may be poor. Go back and try again. Nothing was changed.',
  },
  'form-too-large': {
    status: 413,
    title: 'This form is too large',
    message: 'Go back and enter less. Nothing was changed.',
  },
  'form-unsupported': {
    status: 415,
    title: 'This form cannot be read',
    message: 'It was not sent as application/x-www-form-urlencoded. Nothing was changed.',
  },
} as const;

export type InteractionRefusalCode = keyof typeof interactionRefusals;

/** Thrown and caught within this folder: `InteractionErrorFilter` shows it as a page. */
export class InteractionRefusal extends Error {
  override readonly name = 'InteractionRefusal';

  constructor(readonly code: InteractionRefusalCode) {
    super(interactionRefusals[code].title);
  }
}
