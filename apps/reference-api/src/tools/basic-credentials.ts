/** A client's `Authorization` (RFC 6749 §2.3.1): id and secret are form-encoded before they are joined. */
export function basicCredentials(id: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}
