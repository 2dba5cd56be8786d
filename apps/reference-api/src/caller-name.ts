import type { Caller } from '@sallyport/nest';

/** How records name who did something: `user:<sub>@<client_id>` or `client:<client_id>`. */
export const nameOf = ({ client, user }: Pick<Caller, 'client' | 'user'>): string =>
  user === null ? `client:${client.clientId}` : `user:${user.subject}@${client.clientId}`;
