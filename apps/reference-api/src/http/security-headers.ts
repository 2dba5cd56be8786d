import helmet from 'helmet';
import type { Middleware } from './middleware.js';
import { isAuthorizationServer, isDocs } from './paths.js';

const secured = (directives: Record<string, string[]>): Middleware =>
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: false, // the library sends it, and only over HTTPS
  });

const nothing = { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] };
const forApi = secured({ ...nothing, frameAncestors: ["'none'"] });
const forDocs = secured({
  ...nothing,
  frameAncestors: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"], // Swagger UI sets style attributes
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
});

/** Middleware: answers of the API are data, never a page: nothing may run, frame or keep them. */
export const securityHeaders: Middleware = (request, response, next) => {
  if (isAuthorizationServer(request.url)) {
    next(); // it says itself what its pages may do, and what may be kept
    return;
  }
  response.setHeader('cache-control', 'no-store');
  (isDocs(request.url) ? forDocs : forApi)(request, response, next);
};
