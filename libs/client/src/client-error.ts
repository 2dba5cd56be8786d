/** What the client itself refuses. Nothing secret is in it. */
export type ClientErrorCode =
  | 'ERR_OTHER_ORIGIN'
  | 'ERR_REDIRECTED'
  | 'ERR_BODY_NOT_SIGNABLE'
  | 'ERR_NO_TOKEN'
  | 'ERR_TOKEN_RESPONSE'
  | 'ERR_RESPONSE_SIGNATURE'
  | 'ERR_BODY_NOT_ENCRYPTABLE'
  | 'ERR_RESPONSE_ENCRYPTION';

export class ClientError extends Error {
  override readonly name = 'ClientError';

  constructor(
    readonly code: ClientErrorCode,
    message: string,
  ) {
    super(message);
  }
}
