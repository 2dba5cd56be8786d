/** Whether tokens come as nested JWE (RFC 7519 §11.2), for this API alone to read: never, also, or always. */
export type TokenEncryption = 'refused' | 'accepted' | 'required';

export const TOKEN_ENCRYPTIONS: readonly TokenEncryption[] = ['refused', 'accepted', 'required'];
