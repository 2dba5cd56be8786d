/** Whether a request is for the pages under `/docs`. Paths are read without regard to case, as the routers do. */
export const isDocs = (url = ''): boolean => /^\/docs(?:[/?]|$)/i.test(url);

/** Whether a request is for the authorization server, under `/oauth`. */
export const isAuthorizationServer = (url = ''): boolean => /^\/oauth(?:[/?]|$)/i.test(url);

/** Whether a request is for a route that takes encrypted bodies. */
export const isForEncrypted = (url = ''): boolean =>
  /^\/v1\/partner\/invoices\/encrypted\/?(?:\?|$)/i.test(url);
